package io.dormouse.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.Given;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The most that content can be: no tokenizer makes more of it. */
class TokensTest {
    private static JsonNode json(String text) {
        return Json.parse(text.replace('\'', '"'));
    }

    @Test
    void no_text_has_more_tokens_than_bytes() {
        for (String text : List.of("hello", "Z\u00fcrich", "\u6771\u4eac", "\ud83d\udc2d"))
            assertThat(Tokens.most(text)).as(text).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void a_text_counts_as_it_stands_in_json() {
        for (String text : List.of("a\n\tb", "\"quoted\" \\", "\u0001"))
            assertThat(Tokens.most(text)).as(text).isGreaterThanOrEqualTo(Json.bytes(text).length - 2);
    }

    @Test
    void no_block_has_more_tokens_than_its_json_has_bytes() {
        for (String block : List.of(
                "{'type':'text','text':'hi'}",
                "{'a':1,'b':2,'c':[1,2,3,{'d':null,'e':true,'f':-1.5e300}],'g':{}}",
                "{'type':'tool_use','id':'toolu_1','name':'bash','input':{'command':'ls -la'}}"))
            assertThat(Tokens.most(json(block))).as(block).isGreaterThanOrEqualTo(Json.bytes(json(block)).length);
    }

    @Test
    void a_picture_has_a_most_of_its_own_however_many_bytes_it_has() {
        JsonNode small = json("{'type':'image','source':{'type':'url','url':'https://a.example/b.png'}}");
        JsonNode large = json("{'type':'image','source':{'type':'base64','media_type':'image/png','data':'"
                + "A".repeat(1_000_000) + "'}}");
        assertThat(Tokens.most(small)).isEqualTo(5_000).isEqualTo(Tokens.most(large));
    }

    @Test
    void a_document_that_must_be_fetched_or_unpacked_may_be_anything() {
        JsonNode url = json("[{'type':'document','source':{'type':'url','url':'https://a.example/b.pdf'}}]");
        JsonNode packed =
                json("[{'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'AA'}}]");
        JsonNode plain =
                json("[{'type':'document','source':{'type':'text','media_type':'text/plain','data':'hello'}}]");
        assertThat(Tokens.most(url)).isEqualTo(Context.FULL);
        assertThat(Tokens.most(packed)).isEqualTo(Context.FULL);
        assertThat(Tokens.most(plain)).isLessThan(400);
        assertThat(Tokens.anyUnread(url)).isTrue();
        assertThat(Tokens.anyUnread(plain)).isFalse();
    }

    @Test
    void what_was_put_elsewhere_tells_by_its_reference() {
        assertThat(Tokens.mostStored(json("{'$blob':'ab','bytes':70000}"))).isEqualTo(70_000);
        assertThat(Tokens.mostStored(json("{'$blob':'ab','bytes':70000,'tokens':2100}")))
                .isEqualTo(8_400);
        assertThat(Tokens.mostStored(json("{'$blob':'ab','bytes':70000,'tokens':2100,'unread':true}")))
                .isEqualTo(Context.FULL);
        assertThat(Tokens.mostStored(Given.text("hi"))).isEqualTo(Tokens.most(Given.text("hi")));
    }
}
