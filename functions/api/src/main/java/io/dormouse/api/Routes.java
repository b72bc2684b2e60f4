package io.dormouse.api;

import io.dormouse.edge.Route;
import io.dormouse.edge.RouteTable;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** Every route there is. Whoever adds a resource adds one file, one constructor parameter and its rows. */
@Singleton
public final class Routes {
    private final RouteTable table;

    public Routes() {
        table = new RouteTable(List.<Route>of());
    }

    @Produces
    @Singleton
    public RouteTable table() {
        return table;
    }
}
