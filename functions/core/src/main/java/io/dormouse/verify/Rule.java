package io.dormouse.verify;

import java.util.Locale;

/** What every log keeps. The names are told to users and machines. */
public enum Rule {
    LINE("every line can be read, and is where it belongs"),
    CHAIN("every hash is right, and names the line before"),
    CONTENT("large content is there, and is what its hash says"),
    ORDER("the entries are 1, 2, 3 and so on"),
    EPOCH("no entry of an older owner follows one of a newer owner"),
    NONCE("no two entries have the same nonce, from which the ids of events are made"),
    BEGIN("the first fact, and no other, is that the session began"),
    INPUT("every accepted input is told exactly once, and each lane in the order of posting"),
    TURN("a turn begins, goes on and ends before the next"),
    REQUEST("every model request has exactly one outcome before the next"),
    CALL("every call was asked for by the model, and has exactly one result before the model is asked again"),
    PERMISSION("a call that wants an answer of the client has no result without it"),
    USAGE("every total is the exact sum of what the requests used"),
    BUDGET("what is set aside for a request is within the budget, and covers what it costs"),
    TIME("every total of running time is what the log adds up to"),
    SUMMARY("a summary stands for a beginning of the log that ends between calls, and says what the log says so far"),
    PROMPT("every model request is legal for the model"),
    ARCHIVED("nothing follows the archiving of the session"),
    HEAD("what the head knows is what the log says"),
    END("the log ends where its head and its export say");

    private final String promise;

    Rule(String promise) {
        this.promise = promise;
    }

    /** What a log that keeps the rule is like. */
    public String promise() {
        return promise;
    }

    /** As users and machines see it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
