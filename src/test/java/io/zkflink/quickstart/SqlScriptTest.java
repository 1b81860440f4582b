// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SqlScriptTest {

    @Test
    void splitsAtSemicolonsAndNeedsNoneAtTheEnd() {
        assertThat(sql("SELECT 1;\n\n SELECT 2 ;; SELECT\n3")).containsExactly("SELECT 1", "SELECT 2", "SELECT\n3");
        assertThat(sql(" \n-- nothing\n;/* at all */")).isEmpty();
    }

    @Test
    void quotedSemicolonsAndDashesAreText() {
        assertThat(sql("SELECT 'a;b', 'it''s; -- no comment', `c;d`, \"e;f\"; SELECT 2"))
                .containsExactly("SELECT 'a;b', 'it''s; -- no comment', `c;d`, \"e;f\"", "SELECT 2");
    }

    @Test
    void commentsGoAndHintsStay() {
        assertThat(sql("SELECT 1 -- one; it's\n, 2/* two; */FROM t /*+ OPTIONS('k'='v') */;"))
                .containsExactly("SELECT 1  \n, 2 FROM t /*+ OPTIONS('k'='v') */");
    }

    @Test
    void aStatementSetIsOneStatement() {
        String set = "EXECUTE STATEMENT SET\nBEGIN\nINSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t;\n"
                + "INSERT INTO b SELECT 'END' FROM t;\nEND";
        assertThat(sql(set + "; SELECT 1;")).containsExactly(set, "SELECT 1");
    }

    @Test
    void aStatementKnowsItsLineAndTheCommentDirectlyAbove() {
        List<SqlScript.Statement> statements = SqlScript.parse("-- licence\n\n-- why\n-- at all\nSELECT 1;\n\n"
                        + "/* not\n above */\n\nSELECT 'two\nlines'; SELECT 3; -- behind\nSELECT 4")
                .statements();

        assertThat(statements)
                .containsExactly(
                        new SqlScript.Statement(5, "-- why\n-- at all", "SELECT 1"),
                        new SqlScript.Statement(10, "", "SELECT 'two\nlines'"),
                        new SqlScript.Statement(11, "", "SELECT 3"),
                        new SqlScript.Statement(12, "-- behind", "SELECT 4"));
    }

    private static List<String> sql(String script) {
        return SqlScript.parse(script).statements().stream()
                .map(SqlScript.Statement::sql)
                .toList();
    }
}
