package io.dormouse.local.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.aws.Clients;
import io.dormouse.aws.LambdaOutbound;
import io.dormouse.aws.LambdaSafe;
import io.dormouse.aws.S3Contents;
import io.dormouse.aws.StreamedInvocations;
import io.dormouse.id.CredentialId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.outbound.UseLedger;
import io.dormouse.testkit.lambda.LambdaEmulator;
import io.dormouse.testkit.moto.Moto;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.SecretPart;
import java.io.InputStream;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The zip that is deployed has all that the proxy needs, and starts as Lambda starts it. */
@Tag("first-store-only")
class ProxyZipIT {
    @Test
    void both_functions_start_from_their_zip_and_do_their_errands() {
        Account account = new Account(Moto.endpoint(), "dormouse-" + UUID.randomUUID());
        account.furnish();
        Ids ids = new Ids(Instant::now, new SecureRandom());
        try (LambdaEmulator lambda = LambdaEmulator.start()) {
            Map<String, String> environment = account.environment(lambda.endpoint());
            for (String operation : List.of("send", "store"))
                lambda.deploy(LambdaSuite.proxy(operation, environment, Map.of()));
            Clients here = account.clients();
            StreamedInvocations invocations =
                    new Clients(lambda.endpoint(), here.region(), here.credentials(), false, List.of()).streamed();
            VaultId vault = new VaultId(ids.next("vlt_"));
            CredentialId credential = new CredentialId(ids.next("vcrd_"));
            NewSecret secret = NewSecret.of(Map.of(SecretPart.TOKEN, "CANARY-1"));
            assertThat(new LambdaSafe(invocations, "proxy-store").store(vault, credential, "r1", secret))
                    .isEqualTo(new Safe.Kept.Done());
            Outbound outbound = new LambdaOutbound(
                    invocations,
                    "proxy-send",
                    S3Contents.exchange(here.s3(), account.name()),
                    new UseLedger(),
                    ids::next);
            SessionId stranger = ids.session();
            Response response = outbound.send(
                    new Outbound.Caller(
                            WorkspaceId.DEFAULT, stranger, stranger.primaryThread(), 1, null, Outbound.Purpose.SANDBOX),
                    new Outbound.Request("GET", "https://example.org/", List.of(), InputStream.nullInputStream(), 0));
            assertThat(response).isInstanceOfSatisfying(Response.Refused.class, refused -> assertThat(refused.reason())
                    .isEqualTo("session_not_found"));
            assertThat(lambda.log("proxy-send") + lambda.log("proxy-store")).doesNotContain("CANARY-1");
        }
    }
}
