// The broker that asks for credentials, as one scenario uses it: a namespace of its own there, and
// clients that show this or that. All are closed with the stage.

import com.fasterxml.jackson.databind.JsonNode;

import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.api.Authentication;
import org.apache.pulsar.client.api.AuthenticationFactory;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.impl.auth.AuthenticationBasic;
import org.apache.pulsar.client.impl.auth.oauth2.AuthenticationFactoryOAuth2;
import org.apache.pulsar.common.policies.data.AuthAction;

import java.net.URI;
import java.nio.file.Path;
import java.util.Set;

final class Guarded {
    final String namespace;
    private final Stage stage;
    private final JsonNode about;
    /** Who may do everything. */
    final PulsarAdmin operator;

    Guarded(Stage stage) throws Exception {
        this.stage = stage;
        about = stage.control("guarded");
        namespace = "public/" + stage.topic().replaceAll(".*/", "");
        operator = admin(AuthenticationFactory.token(text("operator")), false);
        operator.namespaces().createNamespace(namespace);
    }

    String topic(String name) {
        return "persistent://" + namespace + "/" + name;
    }

    /** Lets roles do all that clients do, in the namespace. */
    void grant(String... roles) throws Exception {
        var all = Set.of(AuthAction.produce, AuthAction.consume);
        for (String role : roles) {
            operator.namespaces().grantPermissionOnNamespace(namespace, role, all);
        }
    }

    /** For so many seconds; for ever where there are none. */
    String token(String role, String seconds) throws Exception {
        return stage.control("token/" + role + "/" + seconds).path("token").asText();
    }

    Authentication byToken(String role) throws Exception {
        return AuthenticationFactory.token(token(role, ""));
    }

    static Authentication byPassword(String user, String password) {
        var authentication = new AuthenticationBasic();
        authentication.configure(
                "{\"userId\":\"" + user + "\",\"password\":\"" + password + "\"}");
        return authentication;
    }

    Authentication byCertificate(String name) {
        return AuthenticationFactory.TLS(file(name + ".pem"), file(name + ".key"));
    }

    /** By OAuth2's client credentials. */
    Authentication byLogin() throws Exception {
        var issuer = URI.create(text("issuer")).toURL();
        var login = Path.of(text("login")).toUri().toURL();
        return AuthenticationFactoryOAuth2.clientCredentials(issuer, login, text("audience"));
    }

    PulsarClient client(Authentication authentication, boolean byTls) throws Exception {
        return stage.newClient(
                text(byTls ? "serviceUrlTls" : "serviceUrl"),
                builder -> {
                    if (byTls) builder.tlsTrustCertsFilePath(file("ca.pem"));
                    if (authentication != null) builder.authentication(authentication);
                });
    }

    PulsarAdmin admin(Authentication authentication, boolean byTls) throws Exception {
        return stage.newAdmin(
                text(byTls ? "adminUrlTls" : "adminUrl"),
                builder -> {
                    if (byTls) builder.tlsTrustCertsFilePath(file("ca.pem"));
                    if (authentication != null) builder.authentication(authentication);
                });
    }

    String text(String what) {
        return about.path(what).asText();
    }

    /** One of spec/data/tls. */
    String file(String name) {
        return text("certificates") + "/" + name;
    }
}
