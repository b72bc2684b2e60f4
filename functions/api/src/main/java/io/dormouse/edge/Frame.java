package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * One server-sent event, rendered once for every client that gets it.
 *
 * @param name of the {@code event:} line
 * @param id of the {@code id:} line, with which a client can come back; null for none
 * @param bytes as they go over the wire, with the empty line that ends the event; not to be changed
 */
public record Frame(String name, String id, JsonNode data, byte[] bytes) {

    public static Frame of(String name, String id, JsonNode data) {
        byte[] json = Json.bytes(data);
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + name.length() + 40);
        if (id != null) out.writeBytes(("id: " + id + "\n").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(("event: " + name + "\ndata: ").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(json);
        out.writeBytes(new byte[] {'\n', '\n'});
        return new Frame(name, id, data, out.toByteArray());
    }
}
