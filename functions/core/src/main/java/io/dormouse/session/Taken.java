package io.dormouse.session;

import java.util.List;

/** How far each lane of the mailbox is in the log: the highest {@link Posted#seq} of the lane. */
public record Taken(long urgent, long answers, long messages, long notices) {
    public static final Taken NONE = new Taken(0, 0, 0, 0);

    public boolean covers(Posted posted) {
        long seq = posted.seq();
        return switch (posted.input().lane()) {
            case URGENT -> seq <= urgent;
            case ANSWER -> seq <= answers;
            case MESSAGE -> seq <= messages;
            case NOTICE -> seq <= notices;
        };
    }

    public Taken with(List<Posted> more) {
        Taken taken = this;
        for (Posted posted : more) taken = taken.with(posted);
        return taken;
    }

    private Taken with(Posted posted) {
        long seq = posted.seq();
        return switch (posted.input().lane()) {
            case URGENT -> new Taken(Math.max(urgent, seq), answers, messages, notices);
            case ANSWER -> new Taken(urgent, Math.max(answers, seq), messages, notices);
            case MESSAGE -> new Taken(urgent, answers, Math.max(messages, seq), notices);
            case NOTICE -> new Taken(urgent, answers, messages, Math.max(notices, seq));
        };
    }
}
