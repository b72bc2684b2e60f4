package io.dormouse.proxy.function;

import io.dormouse.aws.Storage;
import io.dormouse.aws.Variables;
import io.dormouse.id.Ids;
import io.dormouse.outbound.UseLedger;
import io.dormouse.outbound.relay.Errand;
import io.dormouse.outbound.relay.Frame;
import io.dormouse.proxy.CredentialProxy;
import io.dormouse.proxy.GuardedCourier;
import io.dormouse.proxy.ProxySettings;
import io.dormouse.resource.Contents;
import io.dormouse.secrets.Custody;
import io.dormouse.secrets.SecretsManagerSecrets;
import io.dormouse.vault.Safe;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Supplier;

/** One of the two functions that the proxy is: whoever may call one cannot have the other's errands done. */
final class ProxyFunction implements RuntimeLoop.Handler {
    private static final System.Logger LOG = System.getLogger("io.dormouse.proxy.function");
    /** Less than a function may take, so that what takes longer is still told. */
    private static final Duration LONGEST = Duration.ofMinutes(14);

    /** Which function this is. */
    enum Operation {
        SEND,
        STORE;

        static Operation of(String word) {
            return switch (word) {
                case "send" -> SEND;
                case "store" -> STORE;
                default -> throw new IllegalArgumentException("DORMOUSE_PROXY_OPERATION must be send or store");
            };
        }

        boolean does(Errand errand) {
            return this
                    == switch (errand) {
                        case Errand.Send s -> SEND;
                        case Errand.Placeholders p -> SEND;
                        case Errand.Store s -> STORE;
                    };
        }
    }

    private final Operation operation;
    private final Custody custody;
    private final Sending sending;

    ProxyFunction(
            Operation operation, Custody custody, CredentialProxy proxy, Contents exchange, Supplier<String> names) {
        this.operation = operation;
        this.custody = custody;
        this.sending = new Sending(proxy, exchange, names, custody.keyring()::serves);
    }

    /**
     * {@code DORMOUSE_PROXY_OPERATION}, {@code DORMOUSE_SECRETS}, {@code DORMOUSE_TABLE}, {@code DORMOUSE_BUCKET}, what
     * {@link ProxySettings} reads, and AWS's own variables.
     */
    static ProxyFunction of(Map<String, String> environment) {
        Operation operation = Operation.of(Variables.needed(environment, "DORMOUSE_PROXY_OPERATION"));
        String prefix = Variables.needed(environment, "DORMOUSE_SECRETS");
        SecureRandom random = new SecureRandom();
        InstantSource clock = InstantSource.system();
        Storage storage = Storage.of(environment, clock, random);
        ProxySettings settings = ProxySettings.of(environment).within(LONGEST);
        SecretsManagerSecrets secrets = SecretsManagerSecrets.of(environment, prefix, random);
        // Who sends may not make secrets; whoever has one to send has stored it before.
        if (operation == Operation.STORE) secrets.namingKey();
        Ids ids = new Ids(clock, random);
        Custody custody = Custody.of(
                secrets, storage.heads(), storage.resources(), GuardedCourier.of(settings), clock, ids::next);
        CredentialProxy proxy = CredentialProxy.of(custody.keyring(), new UseLedger(), settings);
        return new ProxyFunction(operation, custody, proxy, storage.exchange(), ids::next);
    }

    @Override
    public void handle(byte[] event, OutputStream answer) throws IOException {
        Errand errand;
        try {
            errand = Errand.of(event);
        } catch (UncheckedIOException e) {
            // Which quotes it.
            Frame.text(Frame.Kind.FAILED, "that is no errand").write(answer);
            return;
        }
        if (!operation.does(errand)) {
            LOG.log(System.Logger.Level.WARNING, "refused an errand of the other function");
            Frame.text(Frame.Kind.FAILED, "this function does other errands").write(answer);
            return;
        }
        switch (errand) {
            case Errand.Send send -> sending.perform(send, answer);
            case Errand.Placeholders asked ->
                result(answer, () -> custody.keyring().placeholders(asked.workspace(), asked.session()));
            case Errand.Store store -> result(answer, () -> store.call().on(safe()));
        }
    }

    private Safe safe() {
        return custody.safe();
    }

    private static void result(OutputStream answer, Supplier<Object> errand) throws IOException {
        Frame frame;
        try {
            frame = Frame.json(Frame.Kind.RESULT, errand.get());
        } catch (RuntimeException e) {
            // A store that is away, or a bug: its message may quote a secret.
            LOG.log(System.Logger.Level.ERROR, "an errand failed: {0}", e.getClass());
            frame = Frame.text(Frame.Kind.FAILED, "it failed");
        }
        frame.write(answer);
    }
}
