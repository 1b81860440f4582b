// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import io.zkflink.client.settings.SecuritySettings.StoreType;
import java.util.List;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** The options for credentials and encryption. Flink masks what has {@code password} in its name. */
@PublicEvolving
public final class SecurityOptions {

    public static final ConfigOption<String> AUTH_SCHEME = ConfigOptions.key("auth.scheme")
            .stringType()
            .defaultValue("digest")
            .withDescription("The authentication scheme of the server that gets `auth.username` and `auth.password`.");

    public static final ConfigOption<String> AUTH_USERNAME = ConfigOptions.key("auth.username")
            .stringType()
            .noDefaultValue()
            .withDescription("Who ACLs of the scheme `digest` know this client as.");

    public static final ConfigOption<String> AUTH_PASSWORD =
            ConfigOptions.key("auth.password").stringType().noDefaultValue().withDescription("The password for it.");

    public static final ConfigOption<String> SASL_USERNAME = ConfigOptions.key("sasl.username")
            .stringType()
            .noDefaultValue()
            .withDescription("The user of SASL DIGEST-MD5; needs no JAAS file and heeds none.");

    public static final ConfigOption<String> SASL_PASSWORD =
            ConfigOptions.key("sasl.password").stringType().noDefaultValue().withDescription("The password for it.");

    public static final ConfigOption<String> SASL_KERBEROS_PRINCIPAL = ConfigOptions.key("sasl.kerberos.principal")
            .stringType()
            .noDefaultValue()
            .withDescription("The principal of SASL GSSAPI (Kerberos).");

    public static final ConfigOption<String> SASL_KERBEROS_KEYTAB = ConfigOptions.key("sasl.kerberos.keytab")
            .stringType()
            .noDefaultValue()
            .withDescription("The file with its key, on every machine that runs Flink.");

    public static final ConfigOption<String> SASL_KERBEROS_SERVICE_NAME = ConfigOptions.key(
                    "sasl.kerberos.service-name")
            .stringType()
            .defaultValue("zookeeper")
            .withDescription("What the principals of the servers begin with, before `/host`.");

    public static final ConfigOption<Boolean> SSL_ENABLED = ConfigOptions.key("ssl.enabled")
            .booleanType()
            .noDefaultValue()
            .withDescription("Encrypts all connections; `connect-string` names the servers' `secureClientPort`. The"
                    + " default is `true` if any other `ssl.*` is set.");

    public static final ConfigOption<String> SSL_TRUSTSTORE_LOCATION = ConfigOptions.key("ssl.truststore.location")
            .stringType()
            .noDefaultValue()
            .withDescription("The file of certificates to trust, on every machine that runs Flink. Without one, those"
                    + " that the JVM trusts.");

    public static final ConfigOption<StoreType> SSL_TRUSTSTORE_TYPE = ConfigOptions.key("ssl.truststore.type")
            .enumType(StoreType.class)
            .noDefaultValue()
            .withDescription("`JKS`, `PKCS12` or `PEM`; by default what the file's name ends with (`.jks`, `.p12`,"
                    + " `.pfx`, `.pem`).");

    public static final ConfigOption<String> SSL_TRUSTSTORE_PASSWORD = ConfigOptions.key("ssl.truststore.password")
            .stringType()
            .noDefaultValue()
            .withDescription("Its password.");

    public static final ConfigOption<String> SSL_KEYSTORE_LOCATION = ConfigOptions.key("ssl.keystore.location")
            .stringType()
            .noDefaultValue()
            .withDescription("The file with this client's key and certificate, for servers that ask for one.");

    public static final ConfigOption<StoreType> SSL_KEYSTORE_TYPE = ConfigOptions.key("ssl.keystore.type")
            .enumType(StoreType.class)
            .noDefaultValue()
            .withDescription("As `ssl.truststore.type`.");

    public static final ConfigOption<String> SSL_KEYSTORE_PASSWORD = ConfigOptions.key("ssl.keystore.password")
            .stringType()
            .noDefaultValue()
            .withDescription("The password of the file and of the key in it.");

    public static final ConfigOption<Boolean> SSL_HOSTNAME_VERIFICATION = ConfigOptions.key("ssl.hostname-verification")
            .booleanType()
            .defaultValue(true)
            .withDescription("Whether a server's certificate must name the host that `connect-string` names.");

    /** All of them, in the order of the docs. */
    static final List<ConfigOption<?>> ALL = List.of(
            AUTH_SCHEME,
            AUTH_USERNAME,
            AUTH_PASSWORD,
            SASL_USERNAME,
            SASL_PASSWORD,
            SASL_KERBEROS_PRINCIPAL,
            SASL_KERBEROS_KEYTAB,
            SASL_KERBEROS_SERVICE_NAME,
            SSL_ENABLED,
            SSL_TRUSTSTORE_LOCATION,
            SSL_TRUSTSTORE_TYPE,
            SSL_TRUSTSTORE_PASSWORD,
            SSL_KEYSTORE_LOCATION,
            SSL_KEYSTORE_TYPE,
            SSL_KEYSTORE_PASSWORD,
            SSL_HOSTNAME_VERIFICATION);

    private SecurityOptions() {}
}
