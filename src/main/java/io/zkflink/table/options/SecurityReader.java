// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.settings.Secret;
import io.zkflink.client.settings.SecuritySettings;
import io.zkflink.client.settings.SecuritySettings.StoreType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;

/** Reads the {@link SecurityOptions} and refuses what contradicts itself. No message of it has a password in it. */
final class SecurityReader {

    /** What cannot be had by sending a user name and a password, and what to do instead. */
    private static final Map<String, String> OTHER_SCHEMES = Map.of(
            "sasl", "SASL has options of its own. Set 'sasl.username' and 'sasl.password', or 'sasl.kerberos.*'.",
            "x509", "a certificate is shown, not sent. Set 'ssl.keystore.location'.",
            "ip", "the server knows the address of a client by itself. Remove the option.",
            "world", "that is everybody. Remove the option.");

    private final ReadableConfig options;

    SecurityReader(ReadableConfig options) {
        this.options = options;
    }

    SecuritySettings read() {
        return new SecuritySettings(auth(), sasl(), tls());
    }

    private SecuritySettings.AuthData auth() {
        if (!together(SecurityOptions.AUTH_USERNAME, SecurityOptions.AUTH_PASSWORD)) {
            if (has(SecurityOptions.AUTH_SCHEME)) {
                throw invalid(
                        SecurityOptions.AUTH_SCHEME,
                        "there are no credentials for it. Set 'auth.username' and 'auth.password', or remove the"
                                + " option.");
            }
            return null;
        }
        String scheme = options.get(SecurityOptions.AUTH_SCHEME);
        String instead = OTHER_SCHEMES.get(scheme);
        if (instead != null) {
            throw invalid(SecurityOptions.AUTH_SCHEME, instead);
        }
        String username = filled(SecurityOptions.AUTH_USERNAME);
        if (username.contains(":")) {
            throw invalid(SecurityOptions.AUTH_USERNAME, "it contains ':', where the server ends a user name.");
        }
        return new SecuritySettings.AuthData(
                filled(SecurityOptions.AUTH_SCHEME), username, secret(SecurityOptions.AUTH_PASSWORD));
    }

    private SecuritySettings.Sasl sasl() {
        boolean digest = together(SecurityOptions.SASL_USERNAME, SecurityOptions.SASL_PASSWORD);
        boolean kerberos = together(SecurityOptions.SASL_KERBEROS_PRINCIPAL, SecurityOptions.SASL_KERBEROS_KEYTAB);
        if (digest && kerberos) {
            throw invalid(
                    SecurityOptions.SASL_KERBEROS_PRINCIPAL,
                    "'sasl.username' is set, too, but a connection is authenticated once. Keep either that, for"
                            + " DIGEST-MD5, or 'sasl.kerberos.*'.");
        }
        if (!kerberos && has(SecurityOptions.SASL_KERBEROS_SERVICE_NAME)) {
            throw invalid(
                    SecurityOptions.SASL_KERBEROS_SERVICE_NAME,
                    "there are no credentials for it. Set 'sasl.kerberos.principal' and 'sasl.kerberos.keytab', or"
                            + " remove the option.");
        }
        if (digest) {
            return new SecuritySettings.DigestMd5(
                    filled(SecurityOptions.SASL_USERNAME), secret(SecurityOptions.SASL_PASSWORD));
        }
        return kerberos
                ? new SecuritySettings.Kerberos(
                        filled(SecurityOptions.SASL_KERBEROS_PRINCIPAL),
                        filled(SecurityOptions.SASL_KERBEROS_KEYTAB),
                        filled(SecurityOptions.SASL_KERBEROS_SERVICE_NAME))
                : null;
    }

    private SecuritySettings.Tls tls() {
        List<ConfigOption<?>> details = SecurityOptions.ALL.stream()
                .filter(option -> option.key().startsWith("ssl."))
                .filter(option -> !option.equals(SecurityOptions.SSL_ENABLED) && has(option))
                .toList();
        if (!options.getOptional(SecurityOptions.SSL_ENABLED).orElse(!details.isEmpty())) {
            if (!details.isEmpty()) {
                throw invalid(
                        SecurityOptions.SSL_ENABLED,
                        "'" + details.get(0).key() + "' is set. Remove that, or this option.");
            }
            return null;
        }
        return new SecuritySettings.Tls(
                store(
                        SecurityOptions.SSL_KEYSTORE_LOCATION,
                        SecurityOptions.SSL_KEYSTORE_TYPE,
                        SecurityOptions.SSL_KEYSTORE_PASSWORD),
                store(
                        SecurityOptions.SSL_TRUSTSTORE_LOCATION,
                        SecurityOptions.SSL_TRUSTSTORE_TYPE,
                        SecurityOptions.SSL_TRUSTSTORE_PASSWORD),
                options.get(SecurityOptions.SSL_HOSTNAME_VERIFICATION));
    }

    private SecuritySettings.Store store(
            ConfigOption<String> location, ConfigOption<StoreType> type, ConfigOption<String> password) {
        if (!has(location)) {
            for (ConfigOption<?> detail : List.of(type, password)) {
                if (has(detail)) {
                    throw missing(location, "'" + detail.key() + "' is set, but the file is not named. Set both.");
                }
            }
            return null;
        }
        String file = filled(location);
        StoreType known = options.getOptional(type)
                .or(() -> typeOf(file))
                .orElseThrow(() -> missing(
                        type,
                        "the name '" + file + "' of '" + location.key() + "' does not tell it. Set it to 'JKS',"
                                + " 'PKCS12' or 'PEM'."));
        return new SecuritySettings.Store(file, known, has(password) ? secret(password) : null);
    }

    private static Optional<StoreType> typeOf(String file) {
        return Optional.ofNullable(
                switch (file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT)) {
                    case "jks" -> StoreType.JKS;
                    case "p12", "pfx" -> StoreType.PKCS12;
                    case "pem" -> StoreType.PEM;
                    default -> null;
                });
    }

    /** Whether both are set; refuses one without the other. */
    private boolean together(ConfigOption<String> first, ConfigOption<String> second) {
        if (has(first) != has(second)) {
            ConfigOption<String> lonely = has(first) ? first : second;
            ConfigOption<String> other = has(first) ? second : first;
            throw missing(other, "'" + lonely.key() + "' is set, and the two belong together. Set both, or neither.");
        }
        return has(first);
    }

    private boolean has(ConfigOption<?> option) {
        return options.getOptional(option).isPresent();
    }

    private String filled(ConfigOption<String> option) {
        String value = options.get(option);
        if (value.isBlank()) {
            throw invalid(option, "it is empty.");
        }
        return value;
    }

    private Secret secret(ConfigOption<String> option) {
        return new Secret(options.get(option));
    }

    private static ValidationException missing(ConfigOption<?> option, String why) {
        return new ValidationException("Missing option '" + option.key() + "': " + why);
    }

    private ValidationException invalid(ConfigOption<?> option, String rule) {
        return new ValidationException(
                "Invalid value '" + options.get(option) + "' for option '" + option.key() + "': " + rule);
    }
}
