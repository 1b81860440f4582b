// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.settings.SecuritySettings;
import java.net.InetSocketAddress;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;

/**
 * Authenticates one connection by SASL. Made anew for every connection; for one thread, the event thread, which a
 * Kerberos login blocks while it asks the key distribution centre: there is nothing else to do without a connection.
 */
final class SaslHandshake {

    private static final byte[] NO_TOKEN = {};
    /** Agreed upon by ZooKeeper's servers and clients. */
    private static final String DIGEST_PROTOCOL = "zookeeper";

    private static final String DIGEST_SERVER = "zk-sasl-md5";
    private static final String KERBEROS_LOGIN = "com.sun.security.auth.module.Krb5LoginModule";

    private final Subject subject;
    private final SaslClient client;
    private boolean answered;

    /**
     * @param server who is connected, for the name of its Kerberos principal
     * @throws LoginException if there is no Kerberos ticket to be had
     */
    SaslHandshake(SecuritySettings.Sasl settings, InetSocketAddress server) throws LoginException, SaslException {
        if (settings instanceof SecuritySettings.DigestMd5 digest) {
            subject = new Subject();
            client = Sasl.createSaslClient(
                    new String[] {"DIGEST-MD5"}, digest.username(), DIGEST_PROTOCOL, DIGEST_SERVER, null, callbacks -> {
                        for (Callback callback : callbacks) {
                            answer(callback, digest);
                        }
                    });
        } else {
            SecuritySettings.Kerberos kerberos = (SecuritySettings.Kerberos) settings;
            subject = login(kerberos);
            client = as(() -> Sasl.createSaslClient(
                    new String[] {"GSSAPI"},
                    kerberos.principal(),
                    kerberos.serviceName(),
                    canonicalName(server),
                    null,
                    callbacks -> {}));
        }
        if (client == null) {
            throw new SaslException("this JVM has no SASL mechanism for it");
        }
    }

    private static void answer(Callback callback, SecuritySettings.DigestMd5 digest)
            throws UnsupportedCallbackException {
        if (callback instanceof NameCallback name) {
            name.setName(digest.username());
        } else if (callback instanceof PasswordCallback password) {
            password.setPassword(digest.password().value().toCharArray());
        } else if (callback instanceof RealmCallback realm) {
            realm.setText(realm.getDefaultText());
        } else {
            throw new UnsupportedCallbackException(callback);
        }
    }

    /** With a login configuration of its own instead of the JVM's. */
    private static Subject login(SecuritySettings.Kerberos kerberos) throws LoginException {
        Map<String, String> options = Map.of(
                "principal", kerberos.principal(),
                "keyTab", kerberos.keytab(),
                "useKeyTab", "true",
                "storeKey", "true",
                "useTicketCache", "false",
                "doNotPrompt", "true");
        AppConfigurationEntry[] entries = {
            new AppConfigurationEntry(KERBEROS_LOGIN, AppConfigurationEntry.LoginModuleControlFlag.REQUIRED, options)
        };
        LoginContext login = new LoginContext("zookeeper", new Subject(), null, new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return entries;
            }
        });
        login.login();
        return login.getSubject();
    }

    /** As ZooKeeper's own client names servers. */
    private static String canonicalName(InetSocketAddress server) {
        String canonical = server.getAddress().getCanonicalHostName();
        return canonical.equals(server.getAddress().getHostAddress()) ? server.getHostString() : canonical;
    }

    /** Completes when both sides are sure of each other; fails with what the server or our own side says. */
    CompletableFuture<Void> with(RawZooKeeper connection) {
        try {
            return exchange(connection, client.hasInitialResponse() ? evaluate(NO_TOKEN) : NO_TOKEN);
        } catch (SaslException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Void> exchange(RawZooKeeper connection, byte[] token) {
        return connection.sendToken(token).thenCompose(answer -> {
            if (client.isComplete()) {
                return CompletableFuture.completedFuture(null);
            }
            try {
                if (answer == null) {
                    // Servers may keep the connections of those whom they do not know.
                    throw new SaslException(
                            answered ? "the server refused the credentials" : "the server is not set up for SASL");
                }
                answered = true;
                byte[] next = evaluate(answer);
                return next == null && client.isComplete()
                        ? CompletableFuture.completedFuture(null)
                        : exchange(connection, next == null ? NO_TOKEN : next);
            } catch (SaslException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    private byte[] evaluate(byte[] challenge) throws SaslException {
        return as(() -> client.evaluateChallenge(challenge));
    }

    private <T> T as(PrivilegedExceptionAction<T> action) throws SaslException {
        try {
            return Subject.doAs(subject, action);
        } catch (PrivilegedActionException e) {
            if (e.getCause() instanceof SaslException cause) {
                throw cause;
            }
            throw new SaslException(String.valueOf(e.getCause()), e.getCause());
        }
    }
}
