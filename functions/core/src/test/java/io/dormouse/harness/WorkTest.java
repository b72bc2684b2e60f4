package io.dormouse.harness;

import static io.dormouse.Given.ASKED;
import static io.dormouse.Given.SPEC;
import static io.dormouse.Given.USED;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.thinking;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.session.Fact;
import io.dormouse.session.Stamp;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkTest {
    private static final ObjectNode INPUT = Json.object().put("command", "ls");

    private static ObjectNode use(String name) {
        ObjectNode block =
                Json.object().put("type", "tool_use").put("id", "toolu_" + name).put("name", name);
        block.set("input", INPUT);
        return block;
    }

    private static Fact.ModelReplied replied(String stopReason, ObjectNode... content) {
        return Work.replied(SPEC, "n", ASKED, new Reply.Complete(List.of(content), stopReason, null, USED), USED);
    }

    private static ToolCall call(String name, Gate gate, String policy, String refusal) {
        return new ToolCall(EventId.of("n", 0), "toolu_" + name, name, INPUT, gate, policy, refusal);
    }

    @Test
    void what_happens_to_a_call_is_decided_by_the_agent() {
        assertThat(replied("tool_use", use("bash")).calls())
                .containsExactly(call("bash", Gate.ALLOWED, "always_allow", null));
        assertThat(replied("tool_use", use("write")).calls())
                .containsExactly(call("write", Gate.ASK, "always_ask", null));
        assertThat(replied("tool_use", use("edit")).calls()).containsExactly(call("edit", Gate.ASK, "auto", null));
        assertThat(replied("tool_use", use("weather")).calls())
                .containsExactly(call("weather", Gate.CUSTOM, null, null));
        assertThat(replied("tool_use", use("grep")).calls())
                .containsExactly(call("grep", Gate.REFUSED, null, "The tool grep is disabled."));
        assertThat(replied("tool_use", use("nonsense")).calls())
                .containsExactly(call("nonsense", Gate.REFUSED, null, "There is no tool named nonsense."));
    }

    @Test
    void calls_have_the_ids_of_their_blocks() {
        assertThat(replied("tool_use", thinking("hm", "s"), use("bash"), textBlock("and"), use("read"))
                        .calls())
                .extracting(ToolCall::id)
                .containsExactly(EventId.of("n", 1), EventId.of("n", 3));
    }

    @Test
    void a_call_whose_input_is_malformed_is_not_run() {
        ObjectNode malformed = use("bash").put("malformed_input", "{\"comm");
        assertThat(replied("tool_use", malformed).calls().getFirst().refusal())
                .isEqualTo("The input of this tool call is not a JSON object, so it was not run.");
        assertThat(replied("max_tokens", malformed).calls().getFirst().refusal())
                .contains("max_tokens");
        assertThat(replied("max_tokens", malformed).calls().getFirst().gate()).isEqualTo(Gate.REFUSED);
    }

    @Test
    void a_refused_turn_calls_nothing() {
        assertThat(replied("refusal", use("bash")).calls()).isEmpty();
    }

    @Test
    void a_reply_without_a_stop_reason_has_ended() {
        assertThat(replied(null, textBlock("hello")).stopReason()).isEqualTo("end_turn");
    }

    @Test
    void details_that_say_nothing_are_not_stored() {
        Reply.Complete reply = new Reply.Complete(List.of(), "end_turn", NullNode.getInstance(), USED);
        assertThat(Work.replied(SPEC, "n", ASKED, reply, USED).stopDetails()).isNull();
    }

    @Test
    void blocks_beyond_what_ids_are_there_for_are_left_out() {
        List<ObjectNode> many = Collections.nCopies(Stamp.FIRST_DERIVED + 5, use("bash"));
        Fact.ModelReplied reply =
                Work.replied(SPEC, "n", ASKED, new Reply.Complete(many, "tool_use", null, USED), USED);
        assertThat(reply.content().size()).isEqualTo(Stamp.FIRST_DERIVED);
        assertThat(reply.calls().size()).isEqualTo(Stamp.FIRST_DERIVED);
    }
}
