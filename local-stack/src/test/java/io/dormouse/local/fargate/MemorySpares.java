package io.dormouse.local.fargate;

import io.dormouse.hands.fargate.Claim;
import io.dormouse.hands.fargate.Place;
import io.dormouse.hands.fargate.Spares;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The pool in memory. A test can step in after a claim and before a list is read, and counts what is asked. */
final class MemorySpares implements Spares {
    final AtomicInteger asked = new AtomicInteger();
    private final Map<Integer, Place> places = new TreeMap<>();
    private final Map<String, Claim> claims = new HashMap<>();
    private volatile Consumer<Claim> afterClaim = claim -> {};
    private volatile Runnable beforeList = () -> {};

    /** Called before places are read, and before claims are. */
    void beforeList(Runnable action) {
        beforeList = action;
    }

    /** Called after each claim that was the first one. What it throws, the claim throws. */
    void afterClaim(Consumer<Claim> action) {
        afterClaim = action;
    }

    @Override
    public List<Place> places() {
        asked.incrementAndGet();
        beforeList.run();
        synchronized (this) {
            return List.copyOf(places.values());
        }
    }

    @Override
    public synchronized boolean create(Place first) {
        asked.incrementAndGet();
        return places.putIfAbsent(first.number(), first) == null;
    }

    @Override
    public synchronized boolean swap(Place before, Place after) {
        asked.incrementAndGet();
        Place there = places.get(before.number());
        boolean same = there != null && there.version() == before.version();
        if (same) places.put(after.number(), after);
        return same;
    }

    @Override
    public boolean claim(Claim claim) {
        asked.incrementAndGet();
        synchronized (this) {
            if (claims.putIfAbsent(claim.token(), claim) != null) return false;
        }
        afterClaim.accept(claim);
        return true;
    }

    @Override
    public synchronized Optional<Claim> claimed(String token) {
        asked.incrementAndGet();
        return Optional.ofNullable(claims.get(token));
    }

    @Override
    public List<Claim> claims() {
        asked.incrementAndGet();
        beforeList.run();
        synchronized (this) {
            return List.copyOf(claims.values());
        }
    }

    @Override
    public synchronized void forget(Claim claim) {
        asked.incrementAndGet();
        claims.remove(claim.token());
    }
}
