package io.dormouse.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpListing;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.agents.McpTools;
import io.dormouse.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListingsTest {
    private static final JsonNode SCHEMA = Json.object().put("type", "object");

    private static McpTool tool(String name, String description) {
        return new McpTool(name, description, SCHEMA, false);
    }

    private static List<String> kept(McpTool... tools) {
        return Listings.bounded(List.of(tools), McpTools.NONE).stream()
                .map(McpTool::name)
                .toList();
    }

    @Test
    void an_ordinary_listing_is_kept_as_it_is() {
        List<McpTool> tools = List.of(tool("search", "Finds."), tool("Put a Page!", null));
        assertThat(Listings.bounded(tools, McpTools.NONE)).isEqualTo(tools);
    }

    @Test
    void names_that_nobody_can_read_or_that_come_twice_are_left_out() {
        assertThat(kept(
                        tool("a\nb", null),
                        tool("a\u0000", null),
                        tool("a\u202eb", null),
                        tool("\ud800", null),
                        tool(" ", null),
                        tool(null, null),
                        tool("n".repeat(Listings.MAX_NAME + 1), null),
                        tool("n".repeat(Listings.MAX_NAME), null),
                        tool("x", "first"),
                        tool("x", "second")))
                .containsExactly("n".repeat(Listings.MAX_NAME), "x");
    }

    @Test
    void a_schema_is_one_of_an_object_and_no_book() {
        JsonNode book = Json.object().put("type", "object").put("x", "y".repeat(Listings.MAX_SCHEMA_BYTES));
        assertThat(kept(
                        new McpTool("none", null, null, false),
                        new McpTool("text", null, Json.object().put("type", "string"), false),
                        new McpTool("book", null, book, false),
                        tool("fine", null)))
                .containsExactly("fine");
    }

    @Test
    void a_long_description_is_cut_between_characters() {
        String long1 = "d".repeat(Listings.MAX_DESCRIPTION - 2) + "\ud83d\ude00".repeat(9);
        McpTool cut = Listings.bounded(List.of(tool("x", long1)), McpTools.NONE).getFirst();
        assertThat(cut.description())
                .hasSizeLessThanOrEqualTo(Listings.MAX_DESCRIPTION)
                .endsWith("d…");
        assertThat(Listings.bounded(List.of(tool("x", " ")), McpTools.NONE)
                        .getFirst()
                        .description())
                .isNull();
    }

    @Test
    void no_server_has_more_tools_than_a_model_may_have() {
        List<McpTool> many = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) many.add(tool("t" + i, null));
        assertThat(Listings.bounded(many, McpTools.NONE)).hasSize(Listings.MAX_TOOLS);
    }

    @Test
    void all_servers_of_a_session_share_one_room() {
        List<McpTool> large = new ArrayList<>();
        for (int i = 0; i < 40; i++) large.add(tool("t" + i, "d".repeat(Listings.MAX_DESCRIPTION)));
        List<McpTool> first = Listings.bounded(large, McpTools.NONE);
        McpTools known = McpTools.NONE.with(new McpListing(new McpServer("a", "u"), first));
        List<McpTool> second = Listings.bounded(large, known);
        assertThat(first).hasSize(40);
        assertThat(second).isNotEmpty().hasSizeLessThan(20);
        assertThat(Json.bytes(first).length + Json.bytes(second).length).isLessThan(Listings.MAX_BYTES + 1_000);
    }
}
