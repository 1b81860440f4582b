// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart as a program: what it shows, scripts of one's own, and mistakes. */
class QuickstartITCase {

    @RegisterExtension
    static final QuickstartRun quickstart = new QuickstartRun();

    @TempDir
    private Path directory;

    @Test
    void theQuickstartShowsInsertsUpdatesAndDeletes() {
        quickstart.runUntilItShows(
                Path.of("sql-examples/quickstart.sql"),
                "Using the ZooKeeper server " + quickstart.connectString(),
                "\\| +/flags/\\{\\*path} \\|",
                "\\| +/services/\\{\\*path} \\|",
                "\\| +checkout \\| +new-cart \\| +\\{\"enabled\":(true|false),\"rollout\":\\d+} \\| +\\d+ \\|",
                "\\| \\+I \\| +checkout \\| +checkout-1 \\| +10\\.0\\.0\\.11 \\| +8081 \\|",
                "\\| \\+U \\| +search \\| +search-1 \\|",
                "\\| -D \\| +checkout \\| +checkout-2 \\|");
    }

    /** Its last statement, which whoever runs it sees some time after the first. */
    @Test
    void theQuickstartJoinsWhatChanges() throws IOException {
        String script = Files.readString(Path.of("sql-examples/quickstart.sql"));
        String first = "SELECT * FROM services;";
        assertThat(script).containsOnlyOnce(first);

        quickstart.runUntilItShows(
                Files.writeString(directory.resolve("quickstart.sql"), script.replace(first, "")),
                "\\| \\+I \\| +checkout \\| +new-cart \\|",
                "\\| -D \\| +checkout \\| +new-cart \\|");
    }

    @Test
    void aScriptOfOnesOwnRunsToItsEnd() throws IOException {
        String script = """
                CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3',
                  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '3');
                CREATE TABLE nowhere (n INT) WITH ('connector' = 'blackhole');
                INSERT INTO nowhere SELECT n FROM numbers;
                SELECT SUM(n) AS total FROM numbers;
                SET 'execution.runtime-mode' = 'batch';
                SELECT SUM(n) AS total FROM numbers;
                """;

        assertThat(run(script)).isZero();
        assertThat(quickstart.printed())
                .containsPattern("\\| \\+U \\| +6 \\|")
                .containsPattern("\n\\| +6 \\|\n")
                .contains("5 changes", "1 row")
                .doesNotContain("Started a program");
    }

    @Test
    void streamingInsertsRunBehindTheScript() throws IOException {
        String script = """
                CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen');
                CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole');
                EXECUTE STATEMENT SET BEGIN
                  INSERT INTO nowhere SELECT n FROM numbers;
                  INSERT INTO nowhere SELECT n + 1 FROM numbers;
                END;
                """;

        assertThat(run(script)).isZero();
        assertThat(quickstart.printed()).contains("Runs behind the rest of the script.", "Done.");
    }

    @Test
    void aStatementThatCannotBePlannedFails() throws IOException {
        assertThat(run("SELECT 1;\nSELECT nope FROM nowhere;\nSELECT 2")).isOne();
        assertThat(quickstart.printed())
                .contains("FAILED", "The statement at line 2 failed.", "Object 'nowhere' not found")
                .doesNotContain("\tat ", "SELECT 2");
    }

    @Test
    void aJobThatFailsFails() throws IOException {
        assertThat(run("SELECT CAST(x AS INT) FROM (VALUES ('1'), ('a')) AS t (x);"))
                .isOne();
        assertThat(quickstart.printed()).contains("FAILED", "'a'").doesNotContain("\tat ", "Job execution failed");
    }

    @Test
    void aServerThatDoesNotAnswerIsNamed() {
        Properties properties = quickstart.properties();
        properties.setProperty("zk", "localhost:1");

        assertThat(quickstart.run(properties)).isOne();
        assertThat(quickstart.printed()).contains("No ZooKeeper server answers at 'localhost:1'", "-Dzk");
    }

    @Test
    void aPortThatIsTakenIsNamedWithTheWayOut() {
        int port = Integer.parseInt(quickstart.connectString().replace("localhost:", ""));

        assertThatThrownBy(() -> EmbeddedZooKeeper.start(port, directory))
                .hasMessageContaining("Port " + port + " of localhost is taken")
                .hasMessageContaining("-Dzk=host:port");
    }

    @Test
    void aScriptThatIsNotThereAndSecondsThatAreNoneAreRefused() {
        Properties properties = quickstart.properties();
        properties.setProperty("sql", "nowhere.sql");
        assertThat(quickstart.run(properties)).isOne();
        assertThat(quickstart.printed()).contains("Cannot read the script 'nowhere.sql'", "-Dsql=FILE");

        properties.setProperty("seconds", "0");
        assertThatThrownBy(() -> QuickstartOptions.from(properties)).hasMessageContaining("-Dseconds=0");
    }

    private int run(String script) throws IOException {
        Properties properties = quickstart.properties();
        properties.setProperty(
                "sql",
                Files.writeString(directory.resolve("script.sql"), script).toString());
        properties.setProperty("seconds", "2");
        return quickstart.run(properties);
    }
}
