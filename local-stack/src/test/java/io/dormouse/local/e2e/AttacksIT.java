package io.dormouse.local.e2e;

import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The attacks that Dormouse has to withstand, by their numbers, as code in a real sandbox or as a client of the API; and then
 * the search for the canaries in all that they left. Where a case has a test of its own that is more thorough, it is named
 * here, and what runs here is that the packaged suite is built so.
 */
@ExtendWith(OnTarget.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@FirstStoreOnly(
        "which store has the log makes no difference to a secret that is in none; SqliteTest and MotoTest are the stores'")
@Timeout(1200)
class AttacksIT
        implements RoomAttacks, DestinationAttacks, CredentialAttacks, GitAttacks, ClientAttacks, CredentialsAtWork {}
