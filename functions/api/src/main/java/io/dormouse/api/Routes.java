package io.dormouse.api;

import static io.dormouse.edge.Route.delete;
import static io.dormouse.edge.Route.get;
import static io.dormouse.edge.Route.post;
import static io.dormouse.edge.Route.upload;

import io.dormouse.edge.RouteTable;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** Every route there is. Whoever adds a resource adds one file, one constructor parameter and its rows. */
@Singleton
public final class Routes {
    private final RouteTable table;

    public Routes(
            Agents agents,
            Environments environments,
            Sessions sessions,
            Events events,
            SessionResources resources,
            Threads threads,
            Vaults vaults,
            Credentials credentials,
            Exports exports,
            Facts facts,
            Files files,
            Models models) {
        table = new RouteTable(List.of(
                post("/v1/agents", agents::create),
                get("/v1/agents", agents::list),
                get("/v1/agents/{id}", agents::get),
                post("/v1/agents/{id}", agents::update),
                post("/v1/agents/{id}/archive", agents::archive),
                get("/v1/agents/{id}/versions", agents::versions),
                post("/v1/environments", environments::create),
                get("/v1/environments", environments::list),
                get("/v1/environments/{id}", environments::get),
                post("/v1/environments/{id}", environments::update),
                delete("/v1/environments/{id}", environments::delete),
                post("/v1/environments/{id}/archive", environments::archive),
                post("/v1/sessions", sessions::create),
                get("/v1/sessions", sessions::list),
                get("/v1/sessions/{id}", sessions::get),
                post("/v1/sessions/{id}", sessions::update),
                delete("/v1/sessions/{id}", sessions::delete),
                post("/v1/sessions/{id}/archive", sessions::archive),
                post("/v1/sessions/{id}/events", events::ahead, events::send),
                get("/v1/sessions/{id}/events", events::list),
                get("/v1/sessions/{id}/events/stream", events::stream),
                get("/v1/sessions/{id}/export", exports::export),
                get("/v1/sessions/{id}/facts", facts::list),
                get("/v1/sessions/{id}/resources", resources::list),
                post("/v1/sessions/{id}/resources", resources::add),
                get("/v1/sessions/{id}/resources/{resource}", resources::get),
                post("/v1/sessions/{id}/resources/{resource}", resources::update),
                delete("/v1/sessions/{id}/resources/{resource}", resources::delete),
                get("/v1/sessions/{id}/threads", threads::list),
                get("/v1/sessions/{id}/threads/{thread}", threads::get),
                post("/v1/sessions/{id}/threads/{thread}/archive", threads::archive),
                get("/v1/sessions/{id}/threads/{thread}/events", threads::listEvents),
                get("/v1/sessions/{id}/threads/{thread}/stream", threads::stream),
                post("/v1/vaults", vaults::create),
                get("/v1/vaults", vaults::list),
                get("/v1/vaults/{id}", vaults::get),
                post("/v1/vaults/{id}", vaults::update),
                delete("/v1/vaults/{id}", vaults::delete),
                post("/v1/vaults/{id}/archive", vaults::archive),
                post("/v1/vaults/{id}/credentials", credentials::create),
                get("/v1/vaults/{id}/credentials", credentials::list),
                get("/v1/vaults/{id}/credentials/{credential}", credentials::get),
                post("/v1/vaults/{id}/credentials/{credential}", credentials::update),
                delete("/v1/vaults/{id}/credentials/{credential}", credentials::delete),
                post("/v1/vaults/{id}/credentials/{credential}/archive", credentials::archive),
                post("/v1/vaults/{id}/credentials/{credential}/mcp_oauth_validate", credentials::validate),
                upload("/v1/files", files::receive),
                get("/v1/files", files::list),
                get("/v1/files/{id}", files::get),
                delete("/v1/files/{id}", files::delete),
                get("/v1/files/{id}/content", files::content),
                get("/v1/models", models::list),
                get("/v1/models/{id}", models::get)));
    }

    @Produces
    @Singleton
    public RouteTable table() {
        return table;
    }
}
