package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.json.Json;
import io.dormouse.session.Fact;
import java.util.List;

/**
 * One model request: the only place where the log becomes model input. Byte-stable: but for the cache marks, a request
 * begins with the bytes of the one before it, until a summary takes the place of what came before.
 * Only {@code max_tokens}, which no cache looks at, shrinks with what is left of a budget.
 *
 * @param body the whole JSON body of {@code POST /v1/messages}, streaming on
 */
public record Prompt(ObjectNode body) {

    public static Prompt of(AgentSpec agent, Transcript transcript, Catalog catalog) {
        return of(agent, transcript.messages(), catalog);
    }

    static Prompt of(AgentSpec agent, List<ObjectNode> messages, Catalog catalog) {
        ObjectNode body = Json.object()
                .put("model", agent.modelId())
                .put("max_tokens", catalog.replyTokens(agent.modelId()))
                .put("stream", true);
        if (agent.effort() != null) body.putObject("output_config").put("effort", agent.effort());
        if (agent.fast()) body.put("speed", "fast");
        ArrayNode tools = Json.array();
        tools.addAll(agent.definitions(catalog.searches()));
        if (agent.system() != null) {
            body.putArray("system").add(marked(Json.object().put("type", "text").put("text", agent.system())));
        } else if (!tools.isEmpty()) {
            int last = tools.size() - 1;
            tools.set(last, marked((ObjectNode) tools.get(last)));
        }
        if (!tools.isEmpty()) body.set("tools", tools);
        body.set("messages", marks(messages));
        return new Prompt(body);
    }

    /** The same, so that it costs no more than was set aside for it; as it is when that is null. */
    public Prompt within(Fact.Reserved reserved) {
        if (reserved == null) return this;
        ObjectNode limited = Json.object();
        limited.setAll(body);
        if (reserved.maxTokens() > 0) limited.put("max_tokens", reserved.maxTokens());
        if (limited.get("tools") instanceof ArrayNode tools) {
            ArrayNode bounded = Json.array();
            for (JsonNode tool : tools) bounded.add(AgentSpec.isProvidersSearch(tool) ? searches(tool) : tool);
            limited.set("tools", bounded);
        }
        return new Prompt(limited);
    }

    private static ObjectNode searches(JsonNode tool) {
        ObjectNode bounded = Json.object();
        bounded.setAll((ObjectNode) tool);
        return bounded.put("max_uses", Catalog.SEARCHES);
    }

    /** Marks the end of the last two user messages: what the last request wrote to the cache, and what this one adds. */
    private static ArrayNode marks(List<ObjectNode> messages) {
        ArrayNode array = Json.array();
        array.addAll(messages);
        int marks = 2;
        for (int i = array.size() - 1; i >= 0 && marks > 0; i--) {
            ObjectNode message = (ObjectNode) array.get(i);
            if (!"user".equals(message.path("role").asText())) continue;
            JsonNode content = message.path("content");
            if (!content.isArray() || content.isEmpty()) continue;
            ArrayNode blocks = Json.array();
            blocks.addAll((ArrayNode) content);
            int last = blocks.size() - 1;
            blocks.set(last, marked((ObjectNode) blocks.get(last)));
            ObjectNode copy = Json.object();
            copy.setAll(message);
            copy.set("content", blocks);
            array.set(i, copy);
            marks--;
        }
        return array;
    }

    private static ObjectNode marked(ObjectNode block) {
        ObjectNode copy = Json.object();
        copy.setAll(block);
        copy.putObject("cache_control").put("type", "ephemeral");
        return copy;
    }
}
