package io.dormouse.session;

import static io.dormouse.Given.allow;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.awaited;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.log;
import static io.dormouse.Given.mail;
import static io.dormouse.Given.refused;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.session.ToolCall.Gate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuestionsTest {
    private static final Fact REPLY =
            replied(toolUse("t", "bash"), asking("q", "write"), custom("c", "weather"), refused("r", "nonsense", "no"));

    @Test
    void calls_that_ask_or_are_custom_are_questions() {
        assertThat(Questions.in(log(turn(userSays("hi")), asked(), REPLY)))
                .isEqualTo(Map.of(id("q"), Gate.ASK, id("c"), Gate.CUSTOM));
    }

    @Test
    void telling_the_client_of_a_question_does_not_close_it() {
        assertThat(Questions.in(log(REPLY, awaited(asking("q", "write"))))).containsOnlyKeys(id("q"), id("c"));
    }

    @Test
    void an_answer_closes_its_question_and_an_interrupt_closes_all() {
        assertThat(Questions.in(log(REPLY, new Fact.ClientAnswered(mail(allow("q")), List.of(), false))))
                .isEqualTo(Map.of(id("c"), Gate.CUSTOM));
        assertThat(Questions.in(log(REPLY, new Fact.TurnInterrupted(mail(interrupt()), List.of(), null, Usage.NONE))))
                .isEmpty();
    }
}
