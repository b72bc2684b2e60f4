package io.dormouse.outbound.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.id.CredentialId;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.relay.Frame.Kind;
import io.dormouse.outbound.relay.SafeCall.Handed;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RelayTest {
    private static final VaultId VAULT = new VaultId("vlt_1");
    private static final CredentialId CREDENTIAL = new CredentialId("vcrd_1");

    @Test
    void frames_are_read_as_they_were_written() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Frame.json(Kind.PIECE, new Piece("p1", 7)).write(out);
        new Frame(Kind.BYTES, new byte[] {1, 0, -1}).write(out);
        Frame.of(Kind.END).write(out);
        InputStream in = new ByteArrayInputStream(out.toByteArray());
        assertThat(Frame.read(in).orElseThrow().as(Piece.class)).isEqualTo(new Piece("p1", 7));
        assertThat(Frame.read(in).orElseThrow().bytes()).containsExactly(1, 0, -1);
        assertThat(Frame.read(in).orElseThrow().kind()).isEqualTo(Kind.END);
        assertThat(Frame.read(in)).isEmpty();
    }

    @Test
    void a_frame_that_breaks_off_or_is_none_is_an_error() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Frame.text(Kind.FAILED, "no").write(out);
        byte[] whole = out.toByteArray();
        for (int length = 1; length < whole.length; length++) {
            InputStream cut = new ByteArrayInputStream(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Frame.read(cut)).isInstanceOf(IOException.class);
        }
        for (byte[] wrong :
                List.of(new byte[] {'?', 0, 0, 0, 0}, new byte[] {'B', -1, 0, 0, 0, 0}, new byte[] {'B', 1, 0, 0, 0}))
            assertThatThrownBy(() -> Frame.read(new ByteArrayInputStream(wrong)))
                    .isInstanceOf(IOException.class);
    }

    @Test
    void errands_are_read_as_they_were_written() {
        Outbound.Caller caller = new Outbound.Caller(
                WorkspaceId.DEFAULT,
                new SessionId("sesn_1"),
                new SessionId("sesn_1").primaryThread(),
                7,
                null,
                Outbound.Purpose.GIT);
        Errand.Send send = new Errand.Send(
                caller,
                "POST",
                "https://a.example/x",
                List.of(new Outbound.Header("A", "b")),
                new byte[] {0, -1},
                List.of(new Piece("p", 3)),
                -1,
                true);
        Errand.Send read = (Errand.Send) Errand.of(send.bytes());
        assertThat(read).usingRecursiveComparison().isEqualTo(send);
        for (Errand errand : List.of(
                new Errand.Placeholders(WorkspaceId.DEFAULT, new SessionId("sesn_1")),
                store(new SafeCall.Settle(WorkspaceId.DEFAULT, VAULT, CREDENTIAL, null)),
                store(new SafeCall.ForgetRevision(VAULT, CREDENTIAL, "r1")),
                store(new SafeCall.ForgetCredential(VAULT, CREDENTIAL)),
                store(new SafeCall.ForgetVault(VAULT)),
                store(new SafeCall.Validate(WorkspaceId.DEFAULT, VAULT, CREDENTIAL))))
            assertThat(Errand.of(errand.bytes())).isEqualTo(errand);
    }

    private static Errand store(SafeCall call) {
        return new Errand.Store(call);
    }

    @Test
    void a_secret_is_handed_over_whole_and_never_printed() {
        NewSecret secret = NewSecret.of(Map.of(SecretPart.TOKEN, "CANARY"));
        for (NewSecret each : List.of(secret, secret.expiring(null), secret.expiring(Instant.EPOCH))) {
            Errand errand = store(new SafeCall.Rotate(VAULT, CREDENTIAL, "r1", "r2", Handed.of(each)));
            Errand read = Errand.of(errand.bytes());
            assertThat(read).isEqualTo(errand);
            assertThat(read.toString()).doesNotContain("CANARY");
        }
        assertThat(Handed.of(secret).expires()).isFalse();
        assertThat(Handed.of(secret.expiring(null)).expires()).isTrue();
    }
}
