// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Flink's own SQL client, one process a script. */
final class SqlClient {

    private static final Pattern JOB = Pattern.compile("Job ID: ([0-9a-f]{32})");

    private SqlClient() {}

    /** Runs a script of {@code sql-examples} on an ensemble, and gives the ids of the jobs that it has submitted. */
    static List<String> run(FlinkCluster cluster, String example, String connectString) throws IOException {
        String script = Files.readString(Path.of("sql-examples", example)).replace("localhost:2181", connectString);
        return JOB.matcher(run(cluster, example, script, ""))
                .results()
                .map((MatchResult result) -> result.group(1))
                .toList();
    }

    /**
     * Runs a script.
     *
     * @param init statements that the client executes before; may be empty
     * @return what the client has printed, in which no statement has failed
     */
    static String run(FlinkCluster cluster, String name, String script, String init) throws IOException {
        Path file = Files.writeString(cluster.directory().resolve(name), script);
        Path before = Files.writeString(cluster.directory().resolve(name + ".init"), init);
        Path log = cluster.directory().resolve(name + "-" + UUID.randomUUID() + ".log");
        List<String> arguments = new ArrayList<>(List.of("embedded", "-i", before.toString(), "-f", file.toString()));
        cluster.client().forEach((key, value) -> arguments.addAll(List.of("-D", key + "=" + value)));
        JavaProcess process = new JavaProcess(
                        "SQL client",
                        log,
                        cluster.classPath(),
                        cluster.jvm("512m"),
                        "org.apache.flink.table.client.SqlClient",
                        arguments)
                .environment("FLINK_CONF_DIR", cluster.configuration().toString());
        process.start();
        try {
            Await.until("the SQL client has run " + name + ", see " + log, () -> !process.isAlive());
        } finally {
            process.kill();
        }
        String printed = Files.readString(log);
        // The exit code is 0 even if a statement failed.
        assertThat(printed).doesNotContain("[ERROR]");
        return printed;
    }
}
