package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FieldsTest {
    private static Fields of(String json) {
        return Fields.of((ObjectNode) Json.parse(json.replace('\'', '"')));
    }

    private static void refused(String json, Function<Fields, Object> read, String message) {
        assertThatThrownBy(() -> read.apply(of(json)))
                .isInstanceOf(Refused.class)
                .hasMessage(message);
    }

    @Test
    void every_refusal_names_the_field_by_its_path() {
        refused("{}", f -> f.text("name", 1, 3), "name: is required");
        refused("{'name':null}", f -> f.text("name", 1, 3), "name: must not be null");
        refused("{'name':1}", f -> f.text("name", 1, 3), "name: must be a string");
        refused("{'name':''}", f -> f.text("name", 1, 3), "name: must not be empty");
        refused("{'name':'abcd'}", f -> f.text("name", 1, 3), "name: must have at most 3 characters");
        refused(
                "{'a':[{'b':{'c':1}}]}",
                f -> f.objects("a", 9).getFirst().object("b").text("c", 0, 1),
                "a.0.b.c: must be a string");
        refused("{'a':[1]}", f -> f.objects("a", 9), "a.0: must be an object");
        refused("{'a':{}}", f -> f.objects("a", 9), "a: must be a list");
        refused("{'a':['x','']}", f -> f.texts("a", 9, 9), "a.1: must not be empty");
        refused("{'a':['x','y']}", f -> f.texts("a", 1, 9), "a: must have at most 1 items");
        refused("{'a':'true'}", f -> f.flag("a", true), "a: must be true or false");
        refused("{'a':1.5}", f -> f.integerOrNull("a", 1, 9), "a: must be an integer between 1 and 9");
        refused("{'a':1e400}", f -> f.integerOrNull("a", 1, 9), "a: must be an integer between 1 and 9");
        refused(
                "{'a':99999999999}",
                f -> f.integerOrNull("a", 1, Integer.MAX_VALUE),
                "a: must be an integer of at least 1");
        refused("{'a':'z'}", f -> f.oneOf("a", List.of("x", "y")), "a: must be one of x, y");
    }

    @Test
    void null_and_absent_can_be_told_apart() {
        Fields fields = of("{'a':null}");
        assertThat(fields.has("a")).isTrue();
        assertThat(fields.given("a")).isFalse();
        assertThat(fields.has("b")).isFalse();
        assertThat(fields.textOrNull("a", 9)).isNull();
        assertThat(of("{'a':''}").textOrNull("a", 9)).isNull();
        assertThat(fields.flag("a", true)).isTrue();
    }

    @Test
    void lengths_count_code_points() {
        assertThat(of("{'a':'🐭🐭🐭'}").text("a", 1, 3)).isEqualTo("🐭🐭🐭");
        refused("{'a':'🐭🐭🐭🐭'}", f -> f.text("a", 1, 3), "a: must have at most 3 characters");
    }

    @Test
    void metadata_is_merged_by_key() {
        ObjectNode before = Json.object().put("keep", "1").put("drop", "2").put("set", "3");
        assertThat(of("{'metadata':{'drop':null,'set':'4','new':''}}").metadata(before, false))
                .isEqualTo(Json.object().put("keep", "1").put("set", "4").put("new", ""));
        assertThat(of("{'metadata':{'drop':''}}").metadata(before, true))
                .isEqualTo(Json.object().put("keep", "1").put("set", "3"));
        assertThat(of("{}").metadata(before, false)).isEqualTo(before);
        assertThat(of("{'metadata':null}").metadata(before, false)).isEqualTo(before);
    }

    @Test
    void metadata_has_limits() {
        StringBuilder sixteen = new StringBuilder();
        for (int i = 0; i < 16; i++)
            sixteen.append(i == 0 ? "" : ",").append("'k").append(i).append("':'v'");
        assertThat(of("{'metadata':{" + sixteen + "}}").metadata().size()).isEqualTo(16);
        refused("{'metadata':{" + sixteen + ",'k':'v'}}", Fields::metadata, "metadata: at most 16 pairs are allowed");
        assertThat(of("{'metadata':{'" + "k".repeat(64) + "':'" + "v".repeat(512) + "'}}")
                        .metadata()
                        .size())
                .isEqualTo(1);
        refused(
                "{'metadata':{'" + "k".repeat(65) + "':''}}",
                Fields::metadata,
                "metadata: keys must have 1 to 64 characters");
        refused("{'metadata':{'':''}}", Fields::metadata, "metadata: keys must have 1 to 64 characters");
        refused(
                "{'metadata':{'k':'" + "v".repeat(513) + "'}}",
                Fields::metadata,
                "metadata: the value of k must have at most 512 characters");
        refused("{'metadata':{'k':1}}", Fields::metadata, "metadata: the value of k must be a string");
        refused("{'metadata':[]}", Fields::metadata, "metadata: must be an object");
    }

    @Test
    void half_a_surrogate_pair_becomes_a_replacement_character_or_is_refused() {
        assertThat(body("{'a':['x\\ud83dy','\\ud83d\\udc2d','\\udc00','\\u0000']}"))
                .isEqualTo(Json.parse("{'a':['x\uFFFDy','🐭','\uFFFD','\\u0000']}".replace('\'', '"')));
        assertThatThrownBy(() -> body("{'a\\udc00':1}")).isInstanceOf(Refused.class);
        byte[] encoded = {'{', '"', 'a', '"', ':', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"', '}'};
        assertThatThrownBy(() -> Requests.body(encoded, null)).isInstanceOf(Refused.class);
    }

    private static ObjectNode body(String json) {
        return Requests.body(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), null);
    }

    @Test
    void bodies_that_are_no_json_objects_are_refused() {
        for (String body :
                List.of("[]", "1", "\"a\"", "null", "{", "{\"a\":}", "{}{}", "{\"a\":1,\"a\":2}", "\uFEFFx", "{'a':1}"))
            assertThatThrownBy(() -> Requests.body(body.getBytes(StandardCharsets.UTF_8), "application/json"))
                    .as(body)
                    .isInstanceOf(Refused.class);
        assertThat(Requests.body(new byte[0], null)).isEmpty();
        assertThat(Requests.body(" \n".getBytes(StandardCharsets.UTF_8), "text/plain"))
                .isEmpty();
        byte[] object = "{}".getBytes(StandardCharsets.UTF_8);
        assertThat(Requests.body(object, null)).isEmpty();
        assertThat(Requests.body(object, "Application/JSON; charset=utf-8")).isEmpty();
        assertThatThrownBy(() -> Requests.body(object, "multipart/form-data; boundary=x"))
                .isInstanceOf(Refused.class);
    }

    @Test
    void what_is_accepted_can_be_stored_some_levels_deeper() {
        String deep = "{\"a\":".repeat(Json.MAX_DEPTH) + "1" + "}".repeat(Json.MAX_DEPTH);
        ObjectNode accepted = Requests.body(deep.getBytes(StandardCharsets.UTF_8), null);
        byte[] stored =
                Json.bytes(Json.array().add(Json.array().add(Json.object().set("agent", accepted))));
        assertThat(Json.read(stored, JsonNode.class)).hasSize(1);
        String deeper = "{\"a\":" + deep + "}";
        assertThatThrownBy(() -> Requests.body(deeper.getBytes(StandardCharsets.UTF_8), null))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("nested deeper");
    }
}
