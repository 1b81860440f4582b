// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What users write wrong, and what they are told: option, value, rule, way out. Everything fails while the statement is
 * planned, and nothing connects: the server that is named here does not exist.
 */
class MistakesTest {

    private static final String KEY = ", PRIMARY KEY (service, flag) NOT ENFORCED";

    private static final TableEnvironment STREAMING = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    private static final TableEnvironment BATCH = TableEnvironment.create(EnvironmentSettings.inBatchMode());

    /** A right table, to be made wrong in one place. */
    private record Table(String columns, Map<String, String> options, TableEnvironment sql, String message) {

        static Table wrong() {
            Map<String, String> options = new LinkedHashMap<>();
            options.put("connector", "zookeeper");
            options.put("connect-string", "zk.invalid:2181");
            options.put("path", "/flags/{service}/{flag}");
            options.put("format", "json");
            return new Table("service STRING, flag STRING, enabled BOOLEAN, rollout INT" + KEY, options, STREAMING, "");
        }

        Table columns(String changed) {
            return new Table(changed, options, sql, message);
        }

        Table with(String key, String value) {
            Map<String, String> changed = new LinkedHashMap<>(options);
            changed.put(key, value);
            return new Table(columns, changed, sql, message);
        }

        Table without(String key) {
            Map<String, String> changed = new LinkedHashMap<>(options);
            changed.remove(key);
            return new Table(columns, changed, sql, message);
        }

        Table inBatch() {
            return new Table(columns, options, BATCH, message);
        }

        Table says(String expected) {
            return new Table(columns, options, sql, expected);
        }

        String ddl() {
            return "CREATE TEMPORARY TABLE t (" + columns + ") WITH ("
                    + options.entrySet().stream()
                            .map(option -> "'" + option.getKey() + "' = '" + option.getValue() + "'")
                            .collect(Collectors.joining(", "))
                    + ")";
        }

        @Override
        public String toString() {
            return message;
        }
    }

    private static Table wrong() {
        return Table.wrong();
    }

    private static Table path(String path, String problem) {
        return wrong().with("path", path).says("Invalid value '" + path + "' for option 'path': " + problem + ".");
    }

    private static Table option(String key, String value, String rule) {
        return wrong().with(key, value).says("Invalid value '" + value + "' for option '" + key + "': " + rule);
    }

    private static Table notNull(String column, String type) {
        return wrong().columns("service STRING NOT NULL, flag STRING, " + column + " " + type + " NOT NULL" + KEY)
                .says("Invalid type " + type + " NOT NULL of the column '" + column + "': it is read from the data of"
                        + " znodes, which may be empty or lack it, and then it is NULL. Declare it as " + type + ", and"
                        + " have queries handle NULLs, for example with WHERE or COALESCE. If CREATE TABLE ... AS SELECT has"
                        + " inferred it, ALTER TABLE ... MODIFY `" + column + "` " + type
                        + ", or declare the column there: CREATE TABLE ... (`" + column + "` " + type
                        + ") WITH (...) AS SELECT.");
    }

    private static Table notNull(String key, String mode, String column, String type, String name) {
        return wrong().columns("service STRING, flag STRING, enabled BOOLEAN, " + column + key)
                .with("scan.changelog-mode", mode)
                .says("Invalid type " + type + " NOT NULL of the metadata column '" + name
                        + "': with 'scan.changelog-mode' = '" + mode
                        + "' it is NULL in rows that say that a znode is gone. Declare it as " + type
                        + ", or use 'scan.changelog-mode' = 'all', which takes back whole rows.");
    }

    private static Table partial(String key, String value, String rule) {
        return option(key, value, rule)
                .with("lookup.cache", "PARTIAL")
                .with("lookup.partial-cache.max-rows", "10")
                .with(key, value);
    }

    private static Table auth(String scheme, String username) {
        return wrong().with("auth.scheme", scheme)
                .with("auth.username", username)
                .with("auth.password", "secret");
    }

    private static Table type(String type, String summary) {
        return wrong().columns("service " + type + ", flag STRING, enabled BOOLEAN, rollout INT")
                .says("Invalid value '/flags/{service}/{flag}' for option 'path': the column 'service' has the type "
                        + summary + ", which no path segment can hold; declare it as STRING, BOOLEAN or an integer"
                        + " type.");
    }

    static Stream<Table> mistakes() {
        return Stream.of(
                // Options
                wrong().without("path")
                        .says("One or more required options are missing.\n\nMissing required options"
                                + " are:\n\npath"),
                wrong().without("connect-string")
                        .says("One or more required options are missing.\n\nMissing required options"
                                + " are:\n\nconnect-string"),
                wrong().with("conect-string", "x")
                        .says("Unsupported options found for 'zookeeper'.\n\nUnsupported options:\n\nconect-string"),
                wrong().with("scan.startup-mode", "initial")
                        .says("Unsupported options found for 'zookeeper'.\n\nUnsupported"
                                + " options:\n\nscan.startup-mode"),
                wrong().with("json.ignore-parse-error", "true")
                        .says("Unsupported options found for 'zookeeper'.\n\nUnsupported"
                                + " options:\n\njson.ignore-parse-error"),
                option("scan.changelog-mode", "retract", "it must be one of 'upsert', 'all', 'append'."),
                option("scan.startup.mode", "earliest", "it must be one of 'initial', 'latest-offset'."),
                option("scan.bounded.mode", "latest", "it must be one of 'unbounded', 'snapshot'."),
                option("scan.parse-errors", "ignore", "it must be one of 'fail', 'null', 'skip'."),
                option("path.encoding", "percent", "it must be one of 'none', 'url', 'uri'."),
                option("session-timeout", "soon", "it must be a duration like '15 s'."),
                option(
                        "session-timeout",
                        "1",
                        "1 ms are too short to connect, and servers grant their minSessionTimeout at least, which is"
                                + " 2 x tickTime, 4 s, where it is not set. Use 100 ms or more, and write the unit, like"
                                + " '15 s': a number without one counts milliseconds."),
                option(
                        "connection-timeout",
                        "15",
                        "15 ms are too short to connect. Use 100 ms or more, and write the unit, like '15 s': a"
                                + " number without one counts milliseconds."),
                option("session-timeout", "0 s", "it must be between 1 ms and 24 d; write it like '15 s'."),
                option("connection-timeout", "-1 s", "it must be a duration like '15 s'."),
                option("connection-timeout", "400 d", "it must be between 1 ms and 24 d; write it like '15 s'."),
                option("retry-wait", "0 ms", "it must be between 1 ms and 24 d; write it like '15 s'."),
                option("max-retry-attempts", "0", "it must be at least 1."),
                option("max-retry-attempts", "three", "it must be a whole number."),
                option("scan.parallelism", "0", "it must be at least 1."),
                option("scan.parallelism", "-1", "it must be at least 1."),
                option("connect-string", "", "it is empty; write 'host:port[,host:port]...[/chroot]'."),
                option(
                        "connect-string",
                        "zk:port",
                        "a port is not a number; write 'host:port[,host:port]...[/chroot]'."),
                option(
                        "connect-string",
                        "zk1:2181,,zk2:2181",
                        "it names no server before, between or after its commas; write"
                                + " 'host:port[,host:port]...[/chroot]'."),
                option(
                        "connect-string",
                        "zk1:2181, zk2:2181",
                        "' zk2:2181' contains a blank; write 'host:port[,host:port]...[/chroot]'."),
                option(
                        "connect-string",
                        "zk1:99999",
                        "port out of range:99999; write 'host:port[,host:port]...[/chroot]'."),
                option("namespace", "/team", "it begins or ends with '/'; write it like 'team/app'."),
                option("namespace", "team/", "it begins or ends with '/'; write it like 'team/app'."),
                option("properties.jute.maxbuffer", "64 MB", "it must be a number of bytes."),
                // Lookups
                option("lookup.async", "perhaps", "it must be 'true' or 'false'."),
                option("lookup.cache", "ALL", "it must be one of 'NONE', 'PARTIAL', 'FULL'."),
                option("lookup.parse-errors", "ignore", "it must be one of 'fail', 'null', 'skip'."),
                option("lookup.max-retries", "-1", "it must be at least 0."),
                option("lookup.max-retries", "many", "it must be a whole number."),
                option("lookup.max-staleness", "a while", "it must be a duration like '15 s'."),
                option("lookup.max-staleness", "100 d", "it must be between 0 ms and 24 d; write it like '15 s'."),
                option(
                        "lookup.partial-cache.max-rows",
                        "100",
                        "it needs 'lookup.cache' = 'PARTIAL', which is 'NONE'. Set that, or remove the option."),
                option("lookup.cache", "FULL", "")
                        .with("lookup.partial-cache.invalidation", "ttl")
                        .says("Invalid value 'ttl' for option 'lookup.partial-cache.invalidation': it needs"
                                + " 'lookup.cache' = 'PARTIAL', which is 'FULL'. Set that, or remove the option."),
                option(
                        "lookup.cache",
                        "PARTIAL",
                        "without a limit the cache could grow for ever. Set 'lookup.partial-cache.max-rows',"
                                + " 'lookup.partial-cache.expire-after-write' or"
                                + " 'lookup.partial-cache.expire-after-access'."),
                partial("lookup.partial-cache.max-rows", "0", "it must be at least 1."),
                partial("lookup.partial-cache.max-rows", "lots", "it must be a whole number."),
                partial("lookup.partial-cache.invalidation", "events", "it must be one of 'watch', 'ttl'."),
                partial(
                        "lookup.partial-cache.expire-after-write",
                        "0 s",
                        "it must be between 1 ms and 24 d; write it like '15 s'."),
                partial("lookup.partial-cache.expire-after-access", "often", "it must be a duration like '15 s'."),
                partial("lookup.partial-cache.cache-missing-key", "no", "it must be 'true' or 'false'."),
                wrong().with("lookup.cache", "FULL")
                        .with("lookup.full-cache.periodic-reload.interval", "1 h")
                        .says("Unsupported option 'lookup.full-cache.periodic-reload.interval': with 'lookup.cache' ="
                                + " 'FULL' the subtree is mirrored and follows each change, so nothing is ever"
                                + " reloaded. Remove the option."),
                // Credentials and encryption
                wrong().with("auth.username", "bob")
                        .says("Missing option 'auth.password': 'auth.username' is set, and the two belong together."
                                + " Set both, or neither."),
                wrong().with("auth.password", "secret")
                        .says("Missing option 'auth.username': 'auth.password' is set, and the two belong together."
                                + " Set both, or neither."),
                option(
                        "auth.scheme",
                        "digest",
                        "there are no credentials for it. Set 'auth.username' and 'auth.password', or remove the"
                                + " option."),
                auth("sasl", "bob")
                        .says("Invalid value 'sasl' for option 'auth.scheme': SASL has options of its own. Set"
                                + " 'sasl.username' and 'sasl.password', or 'sasl.kerberos.*'."),
                auth("x509", "bob")
                        .says("Invalid value 'x509' for option 'auth.scheme': a certificate is shown, not sent. Set"
                                + " 'ssl.keystore.location'."),
                auth("ip", "bob")
                        .says("Invalid value 'ip' for option 'auth.scheme': the server knows the address of a client"
                                + " by itself. Remove the option."),
                auth("world", "anyone")
                        .says("Invalid value 'world' for option 'auth.scheme': that is everybody. Remove the option."),
                auth("", "bob").says("Invalid value '' for option 'auth.scheme': it is empty."),
                auth("digest", "").says("Invalid value '' for option 'auth.username': it is empty."),
                auth("digest", "bob:x")
                        .says("Invalid value 'bob:x' for option 'auth.username': it contains ':', where the server"
                                + " ends a user name."),
                wrong().with("sasl.username", "bob")
                        .says("Missing option 'sasl.password': 'sasl.username' is set, and the two belong together."
                                + " Set both, or neither."),
                wrong().with("sasl.kerberos.keytab", "/etc/flink.keytab")
                        .says("Missing option 'sasl.kerberos.principal': 'sasl.kerberos.keytab' is set, and the two"
                                + " belong together. Set both, or neither."),
                wrong().with("sasl.kerberos.keytab", "/etc/flink.keytab")
                        .with("sasl.kerberos.principal", "flink@EXAMPLE.ORG")
                        .with("sasl.username", "bob")
                        .with("sasl.password", "secret")
                        .says("Invalid value 'flink@EXAMPLE.ORG' for option 'sasl.kerberos.principal': 'sasl.username'"
                                + " is set, too, but a connection is authenticated once. Keep either that, for"
                                + " DIGEST-MD5, or 'sasl.kerberos.*'."),
                option(
                        "sasl.kerberos.service-name",
                        "zk",
                        "there are no credentials for it. Set 'sasl.kerberos.principal' and 'sasl.kerberos.keytab', or"
                                + " remove the option."),
                option("ssl.enabled", "yes", "it must be 'true' or 'false'."),
                wrong().with("ssl.enabled", "false")
                        .with("ssl.truststore.location", "/etc/trusted.p12")
                        .says("Invalid value 'false' for option 'ssl.enabled': 'ssl.truststore.location' is set."
                                + " Remove that, or this option."),
                wrong().with("ssl.truststore.password", "secret")
                        .says("Missing option 'ssl.truststore.location': 'ssl.truststore.password' is set, but the"
                                + " file is not named. Set both."),
                wrong().with("ssl.keystore.type", "PEM")
                        .says("Missing option 'ssl.keystore.location': 'ssl.keystore.type' is set, but the file is not"
                                + " named. Set both."),
                wrong().with("ssl.truststore.location", "/etc/trusted.crt")
                        .says("Missing option 'ssl.truststore.type': the name '/etc/trusted.crt' of"
                                + " 'ssl.truststore.location' does not tell it. Set it to 'JKS', 'PKCS12' or 'PEM'."),
                option("ssl.truststore.type", "DER", "it must be one of 'JKS', 'PKCS12', 'PEM'."),
                wrong().with("ssl.enabled", "true")
                        .with("properties.zookeeper.client.secure", "false")
                        .says("Invalid option 'properties.zookeeper.client.secure': an 'ssl.*' or 'sasl.*' option of"
                                + " this table sets the same. Remove one of the two."),
                // Templates
                path("flags/{service}/{flag}", "it must be absolute; write '/flags/{service}/{flag}'"),
                path("/flags//{service}/{flag}", "it has an empty segment; remove the superfluous '/'"),
                path("/flags/{service}/{flag}/", "it has an empty segment; remove the superfluous '/'"),
                path(
                        "/flags/{service}/{flg}",
                        "there is no physical column 'flg' for '{flg}'; declare it, for example as flg STRING"),
                path(
                        "/flags/{service}-{flag}",
                        "the segment '{service}-{flag}' is neither a name nor a column; a column takes a whole segment"
                                + " and is written '{column}', or '{*column}' for all remaining segments"),
                path(
                        "/flags/{*service}/{flag}",
                        "'{*service}' takes all remaining segments and must stand last; use '{service}' for a single"
                                + " segment"),
                path(
                        "/flags/{service}/{service}",
                        "the column 'service' appears twice; each segment needs a column of its own"),
                path("/flags/../{service}/{flag}", "the segment '..' is a relative path"),
                path("/zookeeper/{service}/{flag}", "'/zookeeper' is ZooKeeper's own subtree and never a table"),
                path(
                        "/flags/{service}/{*rollout}",
                        "the column 'rollout' of '{*rollout}' holds a path; declare it as STRING"),
                // Schemas and types
                type("DOUBLE", "DOUBLE"),
                type("TIMESTAMP(3)", "TIMESTAMP(3)"),
                type("ARRAY<STRING>", "ARRAY<STRING>"),
                type("BYTES", "BYTES"),
                wrong().columns("service STRING, flag AS UPPER(service), enabled BOOLEAN, rollout INT")
                        .says("Invalid value '/flags/{service}/{flag}' for option 'path': there is no physical column"
                                + " 'flag' for '{flag}'; declare it, for example as flag STRING."),
                wrong().columns("service STRING, flag STRING, enabled BOOLEAN, PRIMARY KEY (service) NOT ENFORCED")
                        .says("Invalid PRIMARY KEY (service): a znode is identified by the columns that 'path'"
                                + " '/flags/{service}/{flag}' binds. Declare PRIMARY KEY (service, flag) NOT"
                                + " ENFORCED."),
                wrong().columns("service STRING, flag STRING, enabled BOOLEAN,"
                                + " PRIMARY KEY (service, flag, enabled) NOT ENFORCED")
                        .says("Invalid PRIMARY KEY (service, flag, enabled): a znode is identified by the columns that"
                                + " 'path' '/flags/{service}/{flag}' binds. Declare PRIMARY KEY (service, flag) NOT"
                                + " ENFORCED."),
                wrong().with("path", "/flags/all")
                        .says("Invalid PRIMARY KEY (service, flag): the 'path' '/flags/all' binds no column, so the"
                                + " table is a single znode and has no key. Remove the PRIMARY KEY, or bind its columns"
                                + " in 'path'."),
                // Formats
                wrong().without("format")
                        .says("Missing option 'format': the data has 2 columns (enabled, rollout), and only a single"
                                + " one defaults to 'raw'. Set 'format', for example to 'json', or bind more columns in"
                                + " 'path'."),
                wrong().columns("service STRING, flag STRING" + KEY)
                        .says("Invalid value 'json' for option 'format': all columns come from the path, so there is no"
                                + " data to decode. Remove the option, or declare a column for the data."),
                wrong().with("format", "debezium-json")
                        .says("Invalid value 'debezium-json' for option 'format': it decodes changes, while the data of"
                                + " a znode is one row. Use a format of plain rows, such as 'json'."),
                wrong().with("format", "raw")
                        .says("The 'raw' format only supports single physical column. However the defined schema"
                                + " contains multiple physical columns: [`enabled` BOOLEAN, `rollout` INT]"),
                wrong().with("format", "jsn")
                        .says("Could not find any factory for identifier 'jsn' that implements"
                                + " 'org.apache.flink.table.factories.DeserializationFormatFactory' in the classpath."),
                option("payload.compression", "lz4", "it must be one of 'none', 'auto', 'gzip', 'zlib'."),
                option("payload.max-inflated-size", "0", "it must be from '1 b' to '1 gb'."),
                option("payload.max-inflated-size", "2 gb", "it must be from '1 b' to '1 gb'."),
                option("payload.max-inflated-size", "much", "it must be a size like '1 mb'."),
                // Columns that may not be NULL
                notNull("enabled", "BOOLEAN"),
                notNull("enabled", "BOOLEAN").inBatch(),
                notNull("enabled", "BOOLEAN").with("scan.changelog-mode", "all"),
                notNull("rollout", "ARRAY<INT>"),
                notNull("", "append", "`version` INT NOT NULL METADATA", "INT", "version"),
                notNull(KEY, "upsert", "v BIGINT NOT NULL METADATA FROM 'czxid' VIRTUAL", "BIGINT", "v"),
                // Combinations
                wrong().columns("service STRING, flag STRING, enabled BOOLEAN, rollout INT")
                        .with("scan.changelog-mode", "upsert")
                        .says("Invalid value 'upsert' for option 'scan.changelog-mode': it needs a primary key. Declare"
                                + " a PRIMARY KEY of the columns that 'path' binds, or use 'all' or 'append'."),
                wrong().with("scan.changelog-mode", "append")
                        .says("Invalid value 'append' for option 'scan.changelog-mode': an event log has several rows"
                                + " per znode and no primary key. Remove the PRIMARY KEY, or use 'upsert' or 'all'."),
                wrong().columns("service STRING, flag STRING, enabled BOOLEAN,"
                                + " e STRING METADATA FROM 'event-type' VIRTUAL" + KEY)
                        .says("Invalid metadata column 'event-type' with 'scan.changelog-mode' = 'upsert': there the"
                                + " kind of the row says what happened. Remove the column, or use 'append'."),
                wrong().inBatch()
                        .with("scan.startup.mode", "latest-offset")
                        .says("Invalid value 'latest-offset' for option 'scan.startup.mode': a scan that ends with the"
                                + " snapshot ('scan.bounded.mode' = 'snapshot', the default in batch mode) has no changes"
                                + " to tell. Use 'initial', or an unbounded scan."),
                wrong().inBatch()
                        .with("scan.bounded.mode", "unbounded")
                        .says("Invalid value 'unbounded' for option 'scan.bounded.mode': a batch job must end. Remove"
                                + " the option, set it to 'snapshot', or run in streaming mode with SET"
                                + " 'execution.runtime-mode' = 'streaming'."),
                wrong().columns("service STRING, flag STRING, enabled BOOLEAN, v STRING METADATA FROM 'verison' VIRTUAL"
                                + KEY)
                        .says("Invalid metadata key 'verison' in column 'v' of table"
                                + " 'default_catalog.default_database.t'."));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsAnsweredWhilePlanning(Table table) {
        Throwable thrown = catchThrowable(() -> {
            table.sql().executeSql("DROP TEMPORARY TABLE IF EXISTS t");
            table.sql().executeSql(table.ddl());
            table.sql().explainSql("SELECT * FROM t");
        });
        assertThat(messages(thrown)).noneMatch(message -> message.contains("secret"));
        assertThat(messages(thrown)).as("said of %s", table.ddl()).anySatisfy(message -> assertThat(message)
                .startsWith(table.message()));
    }

    @Test
    void whatIsRightIsPlanned() {
        STREAMING.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        STREAMING.executeSql(wrong().ddl());
        assertThat(STREAMING.explainSql("SELECT flag FROM t")).contains("TableSourceScan");
    }

    @Test
    void columnsThatAreNeverNullMaySaySo() {
        String columns = "service STRING NOT NULL, flag STRING NOT NULL, enabled BOOLEAN,"
                + " p STRING NOT NULL METADATA FROM 'path' VIRTUAL, t TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'mtime' VIRTUAL";
        String version = ", `version` INT NOT NULL METADATA VIRTUAL";
        for (Table table : List.of(
                wrong().columns(columns).with("scan.changelog-mode", "append"),
                wrong().columns(columns + KEY),
                wrong().columns(columns + version),
                wrong().columns(columns + version + KEY).with("scan.changelog-mode", "all"),
                wrong().columns(columns + version + KEY).inBatch())) {
            table.sql().executeSql("DROP TEMPORARY TABLE IF EXISTS t");
            table.sql().executeSql(table.ddl());
            assertThat(table.sql().explainSql("SELECT * FROM t")).contains("TableSourceScan");
        }
    }

    @Test
    void thereAreManyMistakes() {
        assertThat(mistakes()).hasSizeGreaterThanOrEqualTo(40);
    }

    private static List<String> messages(Throwable thrown) {
        List<String> messages = new ArrayList<>();
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            messages.add(String.valueOf(cause.getMessage()));
        }
        return messages;
    }
}
