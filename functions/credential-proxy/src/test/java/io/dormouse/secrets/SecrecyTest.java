package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.proxy.Key;
import io.dormouse.proxy.Secret;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No type of this module, and no line of its log, shows a secret. */
class SecrecyTest {
    private static final String CANARY = "CANARY-5b1c9e";

    /** Types that hold text which is no secret by the rules of whoever makes them: what is shown of answers is scrubbed. */
    private static final Set<String> NO_SECRETS =
            Set.of("Exchange", "Closed", "Unreachable", "Unusable", "SecretsManagerSecrets", "Bundle");

    private static List<Class<?>> types() throws Exception {
        List<Class<?>> types = new ArrayList<>();
        Path root = Path.of("target/classes");
        try (Stream<Path> files = Files.walk(root.resolve("io/dormouse/secrets"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                String name = root.relativize(file).toString().replace('/', '.');
                types.add(Class.forName(name.substring(0, name.length() - 6)));
            }
        }
        return types;
    }

    /** A value with the canary in it, wherever there is room for one. */
    private static Object filled(Class<?> type) {
        Material material = Material.of(
                NewSecret.of(Map.of(SecretPart.TOKEN, CANARY, SecretPart.ACCESS_TOKEN, CANARY)), SecretsContract.NOW);
        VaultId vault = new VaultId("vlt_1");
        if (type == String.class) return CANARY;
        if (type == byte[].class) return CANARY.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        if (type == Material.class) return material;
        if (type == VaultId.class) return vault;
        if (type == Bundle.class)
            return new Bundle(vault, "1", Map.of(new CredentialId("vcrd_1"), Map.of("r", material)));
        if (type == Map.class) return Map.of(new CredentialId("vcrd_1"), Map.of("r", material));
        if (type == boolean.class) return true;
        return null;
    }

    @Test
    void no_record_prints_a_secret_that_it_holds() throws Exception {
        Set<String> looked = new TreeSet<>();
        for (Class<?> type : types()) {
            if (!type.isRecord() || NO_SECRETS.contains(type.getSimpleName())) continue;
            Class<?>[] parameters = Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            Constructor<?> constructor = type.getDeclaredConstructor(parameters);
            constructor.setAccessible(true);
            Object[] values = Arrays.stream(parameters).map(SecrecyTest::filled).toArray();
            Object made = constructor.newInstance(values);
            assertThat(made.toString()).as(type.getName()).doesNotContain(CANARY);
            looked.add(type.getSimpleName());
        }
        assertThat(looked).contains("Fresh", "Capture", "Now", "Held", "Done");
    }

    @Test
    void no_other_type_prints_or_serialises_one() {
        NewSecret secret = NewSecret.of(Map.of(SecretPart.SECRET_VALUE, CANARY));
        Material material = Material.of(secret, SecretsContract.NOW);
        Bundle bundle =
                new Bundle(new VaultId("vlt_1"), "1", Map.of(new CredentialId("vcrd_1"), Map.of("r", material)));
        Key key = new Key.Bearer(
                new CredentialId("vcrd_1"), HttpUrl.parse("https://a.example/").orElseThrow(), Secret.of(CANARY));
        for (Object holder : List.of(secret, material, bundle, key))
            assertThat(holder.toString()).as(holder.getClass().getName()).doesNotContain(CANARY);
        for (Object holder : List.of(secret, material, bundle, key)) {
            String text;
            try {
                text = Json.text(holder);
            } catch (RuntimeException refused) {
                text = refused.toString();
            }
            assertThat(text).as(holder.getClass().getName()).doesNotContain(CANARY);
        }
    }

    @Test
    void types_that_hold_secrets_are_no_records() throws Exception {
        for (Class<?> type : List.of(Material.class, SealingKey.class, Strongbox.class))
            assertThat(type.isRecord()).isFalse();
        assertThat(Modifier.isPublic(Material.class.getMethods()[0].getModifiers()))
                .isTrue();
        assertThat(Arrays.stream(Material.class.getMethods())
                        .filter(method -> method.getDeclaringClass() == Material.class)
                        .map(method -> method.getName()))
                .containsExactlyInAnyOrder("equals", "hashCode", "toString");
    }

    @Test
    void nothing_that_is_logged_or_thrown_has_one() throws IOException {
        List<String> lines = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage() + Arrays.toString(line.getParameters()) + line.getThrown());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.dormouse");
        Level before = logger.getLevel();
        logger.setLevel(Level.ALL);
        logger.addHandler(handler);
        try {
            World world = new World();
            VaultId vault = world.vault();
            CredentialId id = world.credential(
                    vault,
                    "{'type':'mcp_oauth','mcp_server_url':'https://o.example/mcp','refresh':{'token_endpoint':"
                            + "'https://o.example/token','client_id':'c','token_endpoint_auth':{'type':'client_secret_post'}}}",
                    Map.of(
                            SecretPart.ACCESS_TOKEN,
                            CANARY,
                            SecretPart.REFRESH_TOKEN,
                            CANARY,
                            SecretPart.CLIENT_SECRET,
                            CANARY),
                    world.now);
            world.agentServers.add("https://o.example/mcp");
            world.session("{'type':'unrestricted'}", vault);
            for (String lie : List.of(
                    "{'access_token':'" + CANARY + "','expires_in':-1}",
                    CANARY,
                    "{'error':'" + CANARY + "'}",
                    "{'access_token':'" + CANARY + "','token_type':'" + CANARY + "'}")) {
                world.answers(lie.contains("error") ? 400 : 200, lie);
                lines.add(world.keyring.of(world.caller(Purpose.MCP)).toString());
                world.now = world.now.plus(Tokens.QUIET);
                world.answers(401, CANARY).answers(lie.contains("error") ? 400 : 200, lie);
                lines.add(world.safe.validate(World.HERE, vault, id).toString());
            }
            world.answers(200, "{'access_token':'" + CANARY + "','expires_in':60,'refresh_token':'" + CANARY + "'}");
            world.now = world.now.plus(Tokens.QUIET);
            lines.add(world.keyring.of(world.caller(Purpose.MCP)).toString());
        } finally {
            logger.removeHandler(handler);
            logger.setLevel(before);
        }
        assertThat(lines).anyMatch(line -> line.contains("vault_credential.refresh_failed"));
        for (String line : lines)
            for (String form : Forms.of(CANARY)) assertThat(line).doesNotContain(form);
    }
}
