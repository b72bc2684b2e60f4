package io.dormouse.testkit.protocol;

import io.dormouse.head.Head;
import io.dormouse.head.Lease;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Posted;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything at one moment.
 *
 * @param posted how many of its inputs the client has posted
 */
record State(Head head, List<Entry> log, List<Owner> owners, int posted) {

    State with(int index, Owner owner) {
        return with(index, owner, head);
    }

    State with(int index, Owner owner, Head newHead) {
        List<Owner> all = new ArrayList<>(owners);
        all.set(index, owner);
        return new State(newHead, log, List.copyOf(all), posted);
    }

    State appended(Entry entry) {
        List<Entry> longer = new ArrayList<>(log);
        longer.add(entry);
        return new State(head, List.copyOf(longer), owners, posted);
    }

    Conversation fold(long position) {
        Conversation folded = Conversation.EMPTY;
        for (Entry entry : log.subList(0, (int) position)) folded = folded.after(entry);
        return folded;
    }

    Conversation fold() {
        return fold(log.size());
    }

    /**
     * The same state with versions and times that say only what they are good for: whether a known head is the stored one.
     * A head that is not the stored one never is again.
     */
    State canonical() {
        List<Owner> same = new ArrayList<>();
        for (Owner owner : owners)
            same.add(
                    owner.head() == null
                            ? owner
                            : owner.knowing(version(owner.head(), owner.head().version() == head.version() ? 1 : 0)));
        return new State(version(head, 1), log, List.copyOf(same), posted);
    }

    private static Head version(Head head, long version) {
        Lease lease = head.lease().held()
                ? new Lease(head.lease().epoch(), head.lease().owner(), Search.NOON)
                : head.lease();
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                version,
                head.nextSeq(),
                head.mail(),
                lease,
                head.snapshot(),
                head.archivedAt(),
                head.deleted(),
                Search.NOON,
                Search.NOON);
    }

    /** Equal for equal states, of canonical ones. */
    String key() {
        StringBuilder key = new StringBuilder(160);
        key(head, key);
        key.append(posted);
        for (Owner owner : owners) {
            key.append('|').append(owner.doing().ordinal());
            if (owner.head() == null) continue;
            key(owner.head(), key);
            key.append(owner.position());
            owner.outcome().forEach(fact -> key(fact, key));
            if (owner.step() != null) key.append(owner.step().getClass().getSimpleName());
        }
        for (Entry entry : log) {
            key.append('/').append(entry.epoch());
            entry.facts().forEach(fact -> key(fact, key));
        }
        return key.toString();
    }

    private static void key(Head head, StringBuilder key) {
        key.append(head.version()).append('e').append(head.lease().epoch());
        if (head.lease().held()) key.append(head.lease().owner());
        key.append('s').append(head.snapshot().position()).append('m');
        for (Posted posted : head.mail()) key.append(posted.seq());
        key.append(';');
    }

    private static void key(Fact fact, StringBuilder key) {
        key.append(fact.getClass().getSimpleName(), 0, 6);
        if (fact instanceof Fact.ModelReplied replied)
            key.append(replied.calls().size());
        fact.inputs().forEach(posted -> key.append(posted.seq()));
    }

    @Override
    public String toString() {
        return key();
    }
}
