package io.dormouse.mcp.client;

import io.dormouse.json.Json;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import java.io.IOException;

/** The project's JSON for the SDK: with its limits, and without a second library. */
final class Mapper implements McpJsonMapper {
    static final Mapper INSTANCE = new Mapper();

    private Mapper() {}

    private static com.fasterxml.jackson.databind.JavaType type(TypeRef<?> type) {
        return Json.MAPPER.constructType(type.getType());
    }

    @Override
    public <T> T readValue(String content, Class<T> type) throws IOException {
        return Json.MAPPER.readValue(content, type);
    }

    @Override
    public <T> T readValue(byte[] content, Class<T> type) throws IOException {
        return Json.MAPPER.readValue(content, type);
    }

    @Override
    public <T> T readValue(String content, TypeRef<T> type) throws IOException {
        return Json.MAPPER.readValue(content, type(type));
    }

    @Override
    public <T> T readValue(byte[] content, TypeRef<T> type) throws IOException {
        return Json.MAPPER.readValue(content, type(type));
    }

    @Override
    public <T> T convertValue(Object from, Class<T> type) {
        return Json.MAPPER.convertValue(from, type);
    }

    @Override
    public <T> T convertValue(Object from, TypeRef<T> type) {
        return Json.MAPPER.convertValue(from, type(type));
    }

    @Override
    public String writeValueAsString(Object value) throws IOException {
        return Json.MAPPER.writeValueAsString(value);
    }

    @Override
    public byte[] writeValueAsBytes(Object value) throws IOException {
        return Json.MAPPER.writeValueAsBytes(value);
    }
}
