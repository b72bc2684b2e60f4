package io.dormouse.local.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;

/** An answer of the API. */
record Reply(int status, HttpHeaders headers, JsonNode json) {
    String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    String errorType() {
        return json.path("error").path("type").asText();
    }

    String message() {
        return json.path("error").path("message").asText();
    }

    String id() {
        return json.path("id").asText();
    }
}
