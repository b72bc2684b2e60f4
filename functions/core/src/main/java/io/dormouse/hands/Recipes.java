package io.dormouse.hands;

import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;

/** Knows what the hands of a session are to have. Asked when a hand is fresh: what changes later is for later hands. */
public interface Recipes {
    Recipe of(WorkspaceId workspace, SessionId session);
}
