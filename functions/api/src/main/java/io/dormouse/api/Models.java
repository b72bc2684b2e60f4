package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/**
 * The models that are known by name, and the {@code model} field of an agent. An unknown id is accepted as it is: any server
 * that speaks the Messages API may be behind.
 */
@Singleton
public final class Models {
    private static final List<String> EFFORTS = List.of("low", "medium", "high", "xhigh", "max");
    private static final List<String> SPEEDS = List.of("standard", "fast");
    private static final int MAX_ID = 256;

    private final Catalog catalog;

    public Models(Catalog catalog) {
        this.catalog = catalog;
    }

    /** {@code GET /v1/models}: pages by id, unlike all other lists. */
    Answer list(Call call) {
        int limit = call.query().integer("limit", 20, 1, 1000);
        List<String> ids = catalog.ids();
        String after = call.query().text("after_id");
        String before = call.query().text("before_id");
        int from = 0;
        int to = ids.size();
        if (after != null) from = place(ids, "after_id", after) + 1;
        if (before != null) to = place(ids, "before_id", before);
        boolean more = to - from > limit;
        if (more && before != null && after == null) from = to - limit;
        else if (more) to = from + limit;
        List<String> page = new ArrayList<>(from < to ? ids.subList(from, to) : List.of());
        ObjectNode answer = Json.object();
        var data = answer.putArray("data");
        page.forEach(id -> data.add(view(catalog.model(id))));
        answer.put("has_more", more);
        answer.put("first_id", page.isEmpty() ? null : page.getFirst());
        answer.put("last_id", page.isEmpty() ? null : page.getLast());
        return Answer.ok(answer);
    }

    private static int place(List<String> ids, String parameter, String id) {
        int place = ids.indexOf(id);
        if (place < 0) throw Refused.invalid(parameter + ": is not the id of a model");
        return place;
    }

    Answer get(Call call) {
        String id = call.parameter("id");
        JsonNode model = catalog.model(id);
        if (model == null) throw Refused.notFound("No model " + Lookup.shown(id));
        return Answer.ok(view(model));
    }

    /** One body for both model types of the official clients, the plain and the beta one. */
    private static ObjectNode view(JsonNode model) {
        ObjectNode view = Json.object().put("type", "model");
        for (String field :
                List.of("id", "display_name", "created_at", "lifecycle", "line", "max_input_tokens", "max_tokens"))
            view.set(field, model.get(field));
        // Null says "not told"; an object would have to tell a dozen things that nobody asks here.
        view.putNull("capabilities").putNull("deprecated_at").putNull("retires_at");
        view.putArray("allowed_fallback_models");
        return view;
    }

    /** Resolves the {@code model} field, a name or an object, to {@code {id, speed, effort?, inference_geo?}}. */
    ObjectNode resolve(Fields agent) {
        JsonNode given = agent.raw("model");
        if (given == null) throw agent.refuse("model", agent.has("model") ? "must not be null" : "is required");
        if (given.isTextual()) return resolved(id(agent, "model"), "standard", null, null);
        if (!given.isObject()) throw agent.refuse("model", "must be a model id or an object with one");
        Fields model = agent.object("model");
        return resolved(
                id(model, "id"),
                model.oneOf("speed", "standard", SPEEDS),
                effort(model),
                model.textOrNull("inference_geo", 64));
    }

    private ObjectNode resolved(String id, String speed, String effort, String geo) {
        JsonNode model = catalog.model(id);
        String usual = model == null ? null : Json.textOrNull(model, "default_effort");
        if (effort != null && model != null && usual == null)
            throw Refused.invalid("model.effort: " + id + " does not take an effort");
        ObjectNode resolved = Json.object().put("id", id).put("speed", speed);
        String inForce = effort == null ? usual : effort;
        // Nothing is said for a model that nobody knows: it may not take an effort at all.
        if (inForce != null) resolved.putObject("effort").put("type", inForce);
        if (geo != null) resolved.put("inference_geo", geo);
        return resolved;
    }

    private static String effort(Fields model) {
        JsonNode given = model.raw("effort");
        if (given == null) return null;
        if (given.isTextual()) return model.oneOf("effort", EFFORTS);
        return model.object("effort").oneOf("type", EFFORTS);
    }

    private static String id(Fields fields, String name) {
        String id = fields.text(name, 1, MAX_ID);
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean fine =
                    c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || "._:/@-+[]".indexOf(c) >= 0;
            if (!fine) throw fields.refuse(name, "may have letters, digits and . _ : / @ - + [ ] only");
        }
        return id;
    }
}
