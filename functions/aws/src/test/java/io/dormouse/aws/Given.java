package io.dormouse.aws;

import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;

/** Records to store. */
final class Given {
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123Z");
    static final Ids IDS = new Ids(InstantSource.fixed(NOW), Emulator.RANDOM);

    private Given() {}

    static ThreadId thread() {
        return IDS.session().primaryThread();
    }

    static Entry entry(long position) {
        return entry(position, "hand");
    }

    static Entry entry(long position, String text) {
        return new Entry(position, 1, IDS.next(), NOW, List.of(new Fact.HandAttached(text)));
    }

    static Head head() {
        return Head.fresh(WorkspaceId.DEFAULT, IDS.session(), NOW);
    }

    static Head mailed(Head head) {
        Input input = new Input.UserMessage(IDS.event(), ToolResult.text("hi"));
        return ((Head.Posting.Accepted) head.post(List.of(input), NOW)).next();
    }

    static Resource document(String id) {
        return Resource.of(WorkspaceId.DEFAULT, "agent", id, NOW, Json.object());
    }

    /** Letters that gzip can make little of: about six bits each. */
    static String noise(int length) {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
        Random random = new Random(length);
        StringBuilder noise = new StringBuilder(length);
        for (int i = 0; i < length; i++) noise.append(letters.charAt(random.nextInt(letters.length())));
        return noise.toString();
    }
}
