package io.dormouse.messages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.aws.SigV4;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Model;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import io.dormouse.testkit.signature.SignatureCheck;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Signed requests, against a server that computes every signature anew and streams its replies. */
class BedrockTest extends AgainstScriptedModel {
    private static final String KEY_ID = "ASIAEXAMPLE000000001";
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private static final String TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJH+token=";
    private static final AwsCredentials ROLE = AwsSessionCredentials.create(KEY_ID, SECRET, TOKEN);

    /** Answers with the text of the message when the signature is right, and as AWS does otherwise. */
    private ScriptedModel bedrock(SignatureCheck check) {
        return keep(ScriptedModel.start(request -> flaw(check, request)
                        .map(flaw -> Script.error(403, "permission_error", flaw))
                        .orElseGet(() ->
                                Script.text("to " + request.lastUserText()).deltaChars(4))))
                .below("/anthropic");
    }

    private static Optional<String> flaw(SignatureCheck check, Request request) {
        return check.flaw("POST", request.target(), request::header, request.body());
    }

    private static SignatureCheck check(String service) {
        return new SignatureCheck(KEY_ID, SECRET, TOKEN, "eu-west-1", service);
    }

    private Model model(ScriptedModel server, String service, AwsCredentials credentials, ModelIds ids) {
        SigV4 signature = new SigV4(service, "eu-west-1", () -> credentials);
        return keep(new MessagesModel(new Provider(server.baseUri(), new Signing.Aws(signature), ids), PATIENT, CLOCK));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bedrock", "bedrock-mantle"})
    void a_signed_request_is_answered_with_a_stream(String service) {
        ScriptedModel server = bedrock(check(service));
        Model model = model(server, service, ROLE, ModelIds.PLAIN);
        for (int i = 0; i < 3; i++) assertThat(ask(model, new Cancellation())).isInstanceOf(Model.Reply.Complete.class);
        assertThat(seen.subList(0, 4)).containsExactly("text", "to G", "rüße", " 🐭");
    }

    @Test
    void credentials_of_a_user_have_no_token() {
        ScriptedModel server = bedrock(new SignatureCheck(KEY_ID, SECRET, null, "eu-west-1", "bedrock"));
        AwsCredentials user = AwsBasicCredentials.create(KEY_ID, SECRET);
        assertThat(ask(model(server, "bedrock", user, ModelIds.PLAIN), new Cancellation()))
                .isInstanceOf(Model.Reply.Complete.class);
        assertThat(server.requests().getFirst().header("x-amz-security-token")).isNull();
    }

    @Test
    void another_secret_another_service_and_another_body_are_refused() {
        ScriptedModel server = bedrock(check("bedrock"));
        AwsCredentials stranger = AwsSessionCredentials.create(KEY_ID, SECRET + "x", TOKEN);
        assertThat(failure(ask(model(server, "bedrock", stranger, ModelIds.PLAIN), new Cancellation())))
                .isEqualTo(Model.Failure.REFUSED);
        assertThat(failure(ask(model(server, "bedrock-mantle", ROLE, ModelIds.PLAIN), new Cancellation())))
                .isEqualTo(Model.Failure.REFUSED);
        ask(model(server, "bedrock", ROLE, ModelIds.PLAIN), new Cancellation());
        Request signed = server.requests().getLast();
        assertThat(flaw(check("bedrock"), signed)).isEmpty();
        byte[] other = signed.body();
        other[other.length - 3]++;
        assertThat(check("bedrock").flaw("POST", signed.target(), signed::header, other))
                .isPresent();
    }

    @Test
    void what_a_service_quotes_of_a_signature_is_not_told() {
        String quoted = "The Canonical String should have been 'x-amz-security-token:" + TOKEN + "' of " + KEY_ID;
        ScriptedModel server = serve(
                Script.error(403, "permission_error", quoted),
                Script.error(403, "permission_error", "x".repeat(470) + TOKEN));
        Model model = model(server, "bedrock", ROLE, ModelIds.PLAIN);
        for (int i = 0; i < 2; i++)
            assertThat(((Model.Reply.Failed) ask(model, new Cancellation())).message())
                    .contains("[key]")
                    .doesNotContain("IQoJb3")
                    .doesNotContain(KEY_ID);
    }

    @Test
    void without_credentials_nothing_is_sent_and_it_is_worth_another_try() {
        ScriptedModel server = serve(Script.text("hi"));
        SigV4 none = new SigV4("bedrock", "eu-west-1", () -> {
            throw SdkClientException.create("a page of reasons");
        });
        Provider provider = new Provider(server.baseUri(), new Signing.Aws(none), ModelIds.PLAIN);
        Model.Reply reply = ask(keep(new MessagesModel(provider, PATIENT, CLOCK)), new Cancellation());
        assertThat(failure(reply)).isEqualTo(Model.Failure.UNREACHABLE);
        assertThat(((Model.Reply.Failed) reply).message()).isEqualTo("there are no AWS credentials at the moment");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void the_model_has_the_providers_name_and_nothing_else_is_changed() {
        ScriptedModel server = bedrock(check("bedrock"));
        ask(model(server, "bedrock", ROLE, ModelIds.BEDROCK_MANTLE), new Cancellation());
        ObjectNode sent = (ObjectNode) server.requests().getFirst().json();
        assertThat(sent.path("model").asText()).isEqualTo("anthropic.m");
        assertThat(sent.put("model", "m")).isEqualTo(PROMPT.body());
    }

    @ParameterizedTest
    @CsvSource({
        "claude-opus-4-8, anthropic.claude-opus-4-8, global.anthropic.claude-opus-4-8",
        "claude-haiku-4-5-20251001, anthropic.claude-haiku-4-5, global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-haiku-4-5, anthropic.claude-haiku-4-5, global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-opus-4-6, anthropic.claude-opus-4-6, global.anthropic.claude-opus-4-6-v1",
        "us.anthropic.claude-opus-4-8, us.anthropic.claude-opus-4-8, us.anthropic.claude-opus-4-8"
    })
    void models_are_called_what_bedrock_calls_them(String id, String mantle, String runtime) {
        ObjectNode body = prompt().put("model", id);
        assertThat(ModelIds.PLAIN.named(body)).isSameAs(body);
        assertThat(ModelIds.BEDROCK_MANTLE.named(body).path("model").asText()).isEqualTo(mantle);
        assertThat(ModelIds.BEDROCK.named(body).path("model").asText()).isEqualTo(runtime);
        assertThat(body.path("model").asText()).isEqualTo(id);
    }

    @Test
    void the_environment_says_who_the_provider_is() {
        Map<String, String> here = Map.of("AWS_REGION", "eu-west-1");
        assertThat(Provider.of(here)).isEmpty();
        Provider mantle = provider("bedrock-mantle", "");
        assertThat(mantle.base()).isEqualTo(URI.create("https://bedrock-mantle.eu-west-1.api.aws/anthropic"));
        assertThat(mantle.signing()).hasToString("Aws[signature=SigV4[bedrock-mantle eu-west-1]]");
        Provider runtime = provider("bedrock", "");
        assertThat(runtime.base()).isEqualTo(URI.create("https://bedrock-runtime.eu-west-1.amazonaws.com/anthropic"));
        assertThat(provider("bedrock", "https://vpce-1.example.org/anthropic/v1/")
                        .base())
                .isEqualTo(URI.create("https://vpce-1.example.org/anthropic"));
        assertThat(provider("none", "http://127.0.0.1:9/"))
                .isEqualTo(Provider.of(URI.create("http://127.0.0.1:9"), new Signing.Unsigned()));
    }

    @Test
    void what_the_environment_says_wrongly_is_named() {
        assertThatThrownBy(() -> provider("none", "")).hasMessageContaining("DORMOUSE_MODEL_URL");
        assertThatThrownBy(() -> provider("none", "ftp://x")).hasMessageContaining("DORMOUSE_MODEL_URL");
        assertThatThrownBy(() -> provider("v4", "")).hasMessageContaining("DORMOUSE_MODEL_SIGNING");
        assertThatThrownBy(() -> Provider.of(Map.of("DORMOUSE_MODEL_SIGNING", "bedrock")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("AWS_REGION");
    }

    private static Provider provider(String signing, String url) {
        return Provider.of(
                        Map.of("AWS_REGION", "eu-west-1", "DORMOUSE_MODEL_SIGNING", signing, "DORMOUSE_MODEL_URL", url))
                .orElseThrow();
    }
}
