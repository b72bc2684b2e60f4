package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.List;

/** The model, over the Messages wire format. */
public interface Model {
    /**
     * Makes one streaming request and returns when the reply is complete, failed or cancelled. Never throws for what a
     * network or a model can do.
     */
    Reply reply(Prompt prompt, Watcher watcher, Cancellation cancellation);

    /** Sees the reply as it streams. Called in order, from one thread; must not block for long. */
    interface Watcher {
        /** A content block opens. @param type for example {@code text}, {@code thinking}, {@code tool_use} */
        void opened(int index, String type);

        void text(int index, String delta);

        /** A call of a tool has opened; its input is still to come. */
        default void calls(String tool) {}

        Watcher NOBODY = new Watcher() {
            @Override
            public void opened(int index, String type) {}

            @Override
            public void text(int index, String delta) {}
        };
    }

    sealed interface Reply {
        /**
         * @param content content blocks as streamed, complete, in order; a {@code tool_use} whose JSON did not parse has the
         *     raw text in {@code malformed_input} and an empty {@code input}
         * @param usage tokens; not yet priced
         */
        record Complete(List<ObjectNode> content, String stopReason, JsonNode stopDetails, Usage usage)
                implements Reply {}

        /**
         * @param kind what went wrong
         * @param retryAfter null, or how long the server asked to wait
         * @param usage what was told of it before it went wrong
         * @param begun whether the model may have worked on it: then nobody knows what it cost
         */
        record Failed(Failure kind, String message, Duration retryAfter, Usage usage, boolean begun) implements Reply {
            /** Of a request that was refused, or did not get there: it costs nothing. */
            public Failed(Failure kind, String message, Duration retryAfter, Usage usage) {
                this(kind, message, retryAfter, usage, false);
            }
        }

        /**
         * @param usage what was told of it before it was cut off
         * @param begun as of {@link Failed}
         */
        record Cancelled(Usage usage, boolean begun) implements Reply {
            public Cancelled(Usage usage) {
                this(usage, true);
            }
        }
    }

    enum Failure {
        /** 529, or an overloaded_error in the stream. */
        OVERLOADED("model_overloaded_error", true),
        /** 429. */
        RATE_LIMITED("model_rate_limited_error", true),
        /** 5xx, a connection that failed or broke, a stream that ended early. */
        UNREACHABLE("model_request_failed_error", true),
        /** 402. */
        BILLING("billing_error", false),
        /** A refusal because the prompt, or prompt and reply together, do not fit the model's window. */
        PROMPT_TOO_LONG("model_request_failed_error", false),
        /** Any other refusal, such as 400, 401, 403, 404: the same request would fail again. */
        REFUSED("model_request_failed_error", false);

        private final String wireName;
        private final boolean worthRetrying;

        Failure(String wireName, boolean worthRetrying) {
            this.wireName = wireName;
            this.worthRetrying = worthRetrying;
        }

        public String wireName() {
            return wireName;
        }

        /**
         * What a refusal is by its message: the only thing that tells a prompt that is too long from other refusals. As the
         * Messages API says it: {@code prompt is too long: 207791 tokens > 200000 maximum}, {@code input length and
         * `max_tokens` exceed context limit: …}.
         */
        public Failure by(String message) {
            boolean tooLong = message.contains("prompt is too long") || message.contains("exceed context limit");
            return this == REFUSED && tooLong ? PROMPT_TOO_LONG : this;
        }

        public boolean worthRetrying() {
            return worthRetrying;
        }
    }
}
