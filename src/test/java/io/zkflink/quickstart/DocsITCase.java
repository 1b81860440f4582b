// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every SQL statement of the docs is executed, page by page and in its order; queries until their tasks run. What a
 * page takes for granted it says in a comment {@code <!-- sql ... -->}, which is executed, too.
 */
class DocsITCase {

    private static final Pattern SQL =
            Pattern.compile("(?:^```sql\\n|^<!-- sql\\n)(.*?)(?:^```$|^-->$)", Pattern.DOTALL | Pattern.MULTILINE);

    private static final Pattern SET = Pattern.compile("SET '(.*)' = '(.*)'");
    private static final Pattern CATALOG = Pattern.compile("(?:CREATE|USE|DROP) CATALOG .*", Pattern.DOTALL);
    private static final Pattern TABLE = Pattern.compile("CREATE (?:TEMPORARY )?TABLE (\\w+)");

    /** The server is younger than the moments that the docs ask for. */
    private static final String AFTER_ALL = "2100-01-01 00:00:00";

    static Stream<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            // That page needs servers that demand credentials; SecurityITCase has them.
            List<Path> pages = docs.filter(page -> !page.endsWith("security.md"))
                    .filter(page -> page.toString().endsWith(".md"))
                    .sorted()
                    .toList();
            return Stream.concat(Stream.of(Path.of("README.md")), pages.stream());
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyStatementIsExecuted(Path page) throws IOException {
        String root = SharedZooKeeper.freshRoot();
        SharedZooKeeper.admin().create(root);
        String text = Files.readString(page)
                .replaceAll("(?<='connect-string' = ')[^']*(?=')", SharedZooKeeper.connectString() + root)
                .replaceAll(
                        "(?<='(?:log|history)\\.path' = ')[^']*(?=')",
                        SharedZooKeeper.process().dataDirectory().toString())
                .replaceAll("(?<=AS OF TIMESTAMP ')[^']*(?=')", AFTER_ALL);
        assertThat(text.lines().filter(line -> line.contains("```sql")))
                .as("blocks begin at the left, or they are not found")
                .allMatch("```sql"::equals);
        try (Session session = new Session()) {
            SQL.matcher(text)
                    .results()
                    .flatMap(block -> SqlScript.parse(block.group(1)).statements().stream())
                    .map(SqlScript.Statement::sql)
                    .forEach(session::execute);
        }
    }

    /** As the SQL client keeps it: tables and settings last. */
    private static final class Session implements AutoCloseable {
        private final Configuration settings = new Configuration();
        private final Map<String, String> tables = new LinkedHashMap<>();
        private final List<String> catalogs = new ArrayList<>();
        private TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

        void execute(String statement) {
            Matcher set = SET.matcher(statement);
            Matcher table = TABLE.matcher(statement);
            try {
                if (set.matches()) {
                    settings.setString(set.group(1), set.group(2));
                    close();
                    sql = SharedMiniCluster.tableEnvironment(1, settings);
                    tables.values().forEach(sql::executeSql);
                    catalogs.forEach(sql::executeSql);
                } else if (table.lookingAt()) {
                    sql.executeSql("DROP TABLE IF EXISTS " + table.group(1));
                    sql.executeSql(statement);
                    tables.put(table.group(1), statement);
                } else if (CATALOG.matcher(statement).matches()) {
                    sql.executeSql(statement);
                    catalogs.add(statement);
                } else {
                    sql.executeSql(statement).getJobClient().ifPresent(Session::end);
                }
            } catch (RuntimeException e) {
                throw new AssertionError("This statement failed:\n" + statement, e);
            }
        }

        /** Nobody else closes the catalogs, which have sessions with the server. */
        @Override
        public void close() {
            ((TableEnvironmentInternal) sql).getCatalogManager().close();
        }

        /** Batch jobs end by themselves, perhaps before they are cancelled. */
        private static void end(JobClient job) {
            SharedMiniCluster.awaitDeployed(job.getJobID());
            job.cancel().exceptionally(ended -> null).join();
            SharedMiniCluster.awaitGone(job.getJobID());
        }
    }
}
