package io.dormouse.secrets;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.proxy.Courier;
import io.dormouse.secrets.TokenEndpoint.Exchanged;
import io.dormouse.vault.Auth;
import io.dormouse.vault.Credential;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation;
import io.dormouse.vault.Validation.Heard;
import io.dormouse.vault.Validation.Refreshed;
import io.dormouse.vault.Validation.Status;
import io.dormouse.vault.VaultDocuments;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds out whether an OAuth credential works: begins a session with its MCP server, and refreshes the token on a 401. */
final class Prober {
    private static final String PROTOCOL = "2025-06-18";
    private static final Validation UNKNOWN = new Validation(Status.UNKNOWN, false, null, null);

    private final Secrets secrets;
    private final VaultDocuments documents;
    private final Tokens tokens;
    private final Courier courier;

    Prober(Secrets secrets, VaultDocuments documents, Tokens tokens, Courier courier) {
        this.secrets = secrets;
        this.documents = documents;
        this.tokens = tokens;
        this.courier = courier;
    }

    Validation validate(WorkspaceId workspace, VaultId vault, CredentialId id) {
        Credential credential = documents
                .vault(workspace, vault)
                .flatMap(found -> documents.credential(found, id))
                .orElse(null);
        if (credential == null || !credential.live() || !(credential.auth() instanceof Auth.McpOauth auth))
            return UNKNOWN;
        Material material =
                secrets.read(vault).material(id, credential.revision()).orElse(null);
        Optional<HttpUrl> server = HttpUrl.parse(auth.server());
        if (material == null || server.isEmpty()) return UNKNOWN;
        boolean refreshable = auth.refresh() != null && material.part(SecretPart.REFRESH_TOKEN) != null;
        Validation.Probe failure = probe(server.get(), material);
        if (failure == null) return new Validation(Status.VALID, refreshable, null, null);
        if (failure.answer() == null || failure.answer().status() != 401)
            return new Validation(judged(failure.answer()), refreshable, failure, null);
        if (!refreshable)
            return new Validation(
                    Status.INVALID, false, failure, new Validation.Refresh(Refreshed.NO_REFRESH_TOKEN, null));
        Tokens.Now now = tokens.exchanged(credential, auth, material.part(SecretPart.ACCESS_TOKEN))
                .orElse(null);
        if (now == null) return UNKNOWN;
        return switch (now.outcome()) {
            case Exchanged.Rejected rejected ->
                new Validation(Status.INVALID, true, failure, refused(rejected.answer()));
            case Exchanged.Unusable unusable ->
                new Validation(Status.UNKNOWN, true, failure, refused(unusable.answer()));
            case Exchanged.Unreachable unreachable ->
                new Validation(Status.UNKNOWN, true, failure, new Validation.Refresh(Refreshed.CONNECT_ERROR, null));
            case Exchanged.Fresh fresh -> again(server.get(), now.material());
            // Somebody else was at it: there is another token now, or still none.
            case null -> again(server.get(), now.material());
        };
    }

    private Validation again(HttpUrl server, Material material) {
        Validation.Probe failure = probe(server, material);
        return new Validation(
                failure == null ? Status.VALID : judged(failure.answer()),
                true,
                failure,
                new Validation.Refresh(Refreshed.SUCCEEDED, null));
    }

    private static Validation.Refresh refused(Heard answer) {
        return new Validation.Refresh(Refreshed.FAILED, answer);
    }

    /** A server that does not answer, or has trouble of its own, says nothing about the credential. */
    private static Status judged(Heard answer) {
        if (answer == null) return Status.UNKNOWN;
        return answer.status() == 401 || answer.status() == 403 ? Status.INVALID : Status.UNKNOWN;
    }

    /** The step that failed, or null. Some servers let anybody begin, and ask who it is when it comes to tools. */
    private Validation.Probe probe(HttpUrl server, Material material) {
        ObjectNode params = Json.object().put("protocolVersion", PROTOCOL);
        params.putObject("capabilities");
        params.putObject("clientInfo").put("name", "dormouse").put("version", "0.1.0");
        Courier.Reply.Answered begun;
        switch (call(server, material, null, "initialize", 1, params)) {
            case Courier.Reply.Unreachable unreachable -> {
                return new Validation.Probe("initialize", null);
            }
            case Courier.Reply.Answered answered -> begun = answered;
        }
        if (begun.status() < 200 || begun.status() > 299)
            return new Validation.Probe("initialize", heard(begun, material));
        String session = begun.header("mcp-session-id");
        close(begun);
        if (call(server, material, session, "notifications/initialized", 0, null)
                instanceof Courier.Reply.Answered noted) close(noted);
        if (!(call(server, material, session, "tools/list", 2, Json.object()) instanceof Courier.Reply.Answered listed))
            return null;
        if (listed.status() == 401 || listed.status() == 403)
            return new Validation.Probe("tools/list", heard(listed, material));
        close(listed);
        return null;
    }

    private Courier.Reply call(
            HttpUrl server, Material material, String session, String method, int id, ObjectNode params) {
        ObjectNode message = Json.object().put("jsonrpc", "2.0");
        if (id > 0) message.put("id", id);
        message.put("method", method);
        if (params != null) message.set("params", params);
        List<Header> headers = new ArrayList<>(List.of(
                new Header("Content-Type", "application/json"),
                new Header("Accept", "application/json, text/event-stream"),
                new Header("Authorization", "Bearer " + material.part(SecretPart.ACCESS_TOKEN))));
        if (id != 1) headers.add(new Header("MCP-Protocol-Version", PROTOCOL));
        if (session != null && session.length() <= 512) headers.add(new Header("Mcp-Session-Id", session));
        return courier.post(server, headers, Json.bytes(message));
    }

    private static Heard heard(Courier.Reply.Answered answered, Material sent) {
        Capture capture = Capture.of(answered);
        return capture == null ? new Capture(new byte[0], true).heard(answered, sent) : capture.heard(answered, sent);
    }

    private static void close(Courier.Reply.Answered answered) {
        try {
            answered.body().close();
        } catch (IOException e) {
            // Nobody reads it.
        }
    }
}
