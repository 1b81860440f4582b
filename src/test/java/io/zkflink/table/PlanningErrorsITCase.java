// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.zkflink.testkit.SharedMiniCluster;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** A wrong option, template or schema fails when the statement is planned, naming what is wrong. */
class PlanningErrorsITCase {

    private static final String KV = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";

    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private final SoftAssertions softly = new SoftAssertions();

    /** Nobody listens there, so that planning shows whether it connects. */
    private Throwable plan(String columns, Map<String, String> options) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("connector", "zookeeper");
        all.put("connect-string", "127.0.0.1:1");
        all.put("path", "/flags/{k}");
        all.putAll(options);
        StringBuilder with = new StringBuilder();
        all.forEach((key, value) -> {
            if (!value.equals("<none>")) {
                with.append(with.isEmpty() ? "" : ", ").append("'%s' = '%s'".formatted(key, value));
            }
        });
        return catchThrowable(() -> {
            sql.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
            sql.executeSql("CREATE TEMPORARY TABLE t (" + columns + ") WITH (" + with + ")");
            sql.explainSql("SELECT * FROM t");
        });
    }

    private void refused(String columns, Map<String, String> options, String... named) {
        Throwable failure = plan(columns, options);
        softly.assertThat(failure).as("%s %s", columns, options).isNotNull();
        if (failure != null) {
            softly.assertThat(ExceptionUtils.findThrowable(failure, ValidationException.class))
                    .as("a ValidationException for %s %s, not %s", columns, options, failure)
                    .isPresent();
            String text = messages(failure);
            for (String name : named) {
                softly.assertThat(text).as("%s %s", columns, options).contains(name);
            }
        }
    }

    private static String messages(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(cause.getMessage()).append('\n');
        }
        return text.toString();
    }

    @Test
    void planningNeverConnects() {
        assertThat(plan(KV, Map.of())).isNull();
        assertThat(plan(KV, Map.of("connect-string", "no-such-host.invalid:2181,127.0.0.1:2/a/b", "namespace", "c/d")))
                .isNull();
    }

    @Test
    void aWrongTemplateNamesTheTemplateAndTheRule() {
        refused(KV, Map.of("path", "<none>"), "path");
        refused(KV, Map.of("path", "flags/{k}"), "path", "flags/{k}");
        refused(KV, Map.of("path", ""), "path");
        refused(KV, Map.of("path", "/flags/{k}/"), "path", "/flags/{k}/");
        refused(KV, Map.of("path", "/flags//{k}"), "path", "/flags//{k}");
        refused(KV, Map.of("path", "/flags/{nope}"), "path", "nope");
        refused(KV, Map.of("path", "/flags/{}"), "path", "/flags/{}");
        refused(KV, Map.of("path", "/flags/{*}"), "path", "/flags/{*}");
        refused(KV, Map.of("path", "/flags/{k}/{k}"), "path", "k");
        refused(KV, Map.of("path", "/flags/{*k}/x"), "path", "{*k}");
        refused(KV, Map.of("path", "/flags/x{k}"), "path", "x{k}");
        refused(KV, Map.of("path", "/flags/{k}.json"), "path", "{k}.json");
        refused(KV, Map.of("path", "/flags/{k"), "path", "{k");
        refused(KV, Map.of("path", "/flags/../{k}"), "path", "..");
        refused(KV, Map.of("path", "/flags/./{k}"), "path", ".");
        softly.assertAll();
    }

    @Test
    void aWrongSchemaNamesTheColumn() {
        refused("k DOUBLE, v STRING", Map.of(), "k", "DOUBLE");
        refused("k BYTES, v STRING", Map.of(), "k", "BYTES");
        refused("k ARRAY<STRING>, v STRING", Map.of(), "k", "ARRAY");
        refused("k INT, v STRING", Map.of("path", "/flags/{*k}"), "path", "{*k}");
        refused("k STRING METADATA FROM 'name', v STRING", Map.of(), "k");
        refused("v STRING, k AS v", Map.of(), "k");
        refused("k STRING, v STRING, x STRING", Map.of(), "format");
        refused("k STRING, v STRING, n STRING METADATA FROM 'nope'", Map.of(), "nope");
        refused("k STRING, v ARRAY<STRING>", Map.of(), "ARRAY");
        refused(
                "k STRING, l STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED",
                Map.of("path", "/{k}/{l}"),
                "l",
                "PRIMARY KEY");
        refused("k STRING, v STRING, PRIMARY KEY (k, v) NOT ENFORCED", Map.of(), "v", "PRIMARY KEY");
        refused("v STRING, PRIMARY KEY (v) NOT ENFORCED", Map.of("path", "/flags"), "v", "PRIMARY KEY");
        softly.assertAll();
    }

    @Test
    void aWrongOptionNamesTheOptionTheValueAndTheWayOut() {
        refused(KV, Map.of("connect-string", "<none>"), "connect-string");
        refused(KV, Map.of("connect-string", ""), "connect-string");
        refused(KV, Map.of("connect-string", "localhost:99999"), "connect-string", "localhost:99999");
        refused(KV, Map.of("connect-string", "localhost:abc"), "connect-string", "localhost:abc");
        refused(KV, Map.of("connect-string", "localhost:2181/a//b"), "connect-string", "/a//b");
        refused(KV, Map.of("scan.changelog-mode", "full"), "scan.changelog-mode", "full", "upsert");
        refused(KV, Map.of("scan.startup.mode", "earliest"), "scan.startup.mode", "earliest", "initial");
        refused(KV, Map.of("scan.bounded.mode", "latest"), "scan.bounded.mode", "latest", "snapshot");
        refused(KV, Map.of("scan.parse-errors", "ignore"), "scan.parse-errors", "ignore", "skip");
        refused(KV, Map.of("scan.parallelism", "0"), "scan.parallelism", "0");
        refused(KV, Map.of("scan.parallelism", "-1"), "scan.parallelism", "-1");
        refused(KV, Map.of("path.encoding", "base64"), "path.encoding", "base64", "url");
        refused(KV, Map.of("session-timeout", "0 s"), "session-timeout");
        refused(KV, Map.of("connection-timeout", "0 s"), "connection-timeout");
        refused(KV, Map.of("max-retry-attempts", "-1"), "max-retry-attempts", "-1");
        refused(KV, Map.of("session-timeout", "soon"), "session-timeout", "soon");
        refused(KV, Map.of("namespace", "a//b"), "namespace", "a//b");
        refused(KV, Map.of("namespace", "../b"), "namespace", "../b");
        refused(KV, Map.of("no.such.option", "1"), "no.such.option");
        refused(KV, Map.of("format", "xml"), "format", "xml");
        refused(KV, Map.of("raw.charset", "UTF-8"), "raw.charset");
        refused("k STRING, n INT, s STRING", Map.of("format", "json", "json.nope", "1"), "json.nope");
        refused("k STRING", Map.of("format", "json"), "format");
        refused("k STRING, n INT, s STRING", Map.of("format", "raw"), "raw");
        softly.assertAll();
    }
}
