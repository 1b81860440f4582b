// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/** Runs the scripts of {@code sql-examples/layouts} in one session of SQL, on one ensemble. For one thread. */
public final class Layouts implements AutoCloseable {

    public static final Path DIRECTORY = Path.of("sql-examples", "layouts");

    private final TableEnvironment session;
    private final String connectString;

    public Layouts(TableEnvironment session, String connectString) {
        this.session = session;
        this.connectString = connectString;
    }

    /** What each query of a script answers, in the order of the script; the rows of an answer are sorted. */
    public List<List<String>> run(String script) {
        List<List<String>> answers = new ArrayList<>();
        for (String statement : statements(script, connectString)) {
            if (statement.startsWith("SELECT")) {
                answers.add(query(statement));
            } else if (!statement.startsWith("SET")) {
                session.executeSql(statement);
            }
        }
        return answers;
    }

    public List<String> query(String sql) {
        List<String> rows = new ArrayList<>();
        try (CloseableIterator<Row> results = session.executeSql(sql).collect()) {
            results.forEachRemaining(row -> {
                String text = row.toString();
                rows.add(text.substring("+I[".length(), text.length() - 1));
            });
        } catch (Exception e) {
            throw new AssertionError(sql, e);
        }
        Collections.sort(rows);
        return rows;
    }

    /** The statements of a script for an ensemble. */
    public static List<String> statements(String script, String connectString) {
        try {
            return SqlScript.parse(Files.readString(DIRECTORY.resolve(script)).replace("localhost:2181", connectString))
                    .statements()
                    .stream()
                    .map(SqlScript.Statement::sql)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        session.executeSql("USE CATALOG default_catalog");
        session.executeSql("DROP CATALOG IF EXISTS zk");
    }
}
