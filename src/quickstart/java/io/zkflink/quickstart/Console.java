// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.PrintStream;
import java.util.regex.Pattern;

/** Everything that is said around the tables. One thread prints. */
final class Console {

    private static final int LONGEST_STATEMENT = 400;
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final Pattern SECRET =
            Pattern.compile("('[^']*(?:password|secret|token)[^']*'\\s*=\\s*)'[^']*'", Pattern.CASE_INSENSITIVE);

    private final PrintStream out;

    Console(PrintStream out) {
        this.out = out;
    }

    PrintStream out() {
        return out;
    }

    void note(String text) {
        out.println(text);
        out.flush();
    }

    void statement(SqlScript.Statement statement) {
        out.println();
        if (!statement.comment().isEmpty()) {
            out.println(statement.comment());
        }
        String sql = SPACE.matcher(SECRET.matcher(statement.sql()).replaceAll("$1'******'"))
                .replaceAll(" ");
        out.println(
                "> " + (sql.length() <= LONGEST_STATEMENT ? sql : sql.substring(0, LONGEST_STATEMENT) + " ...") + ";");
        out.flush();
    }

    void failure(Throwable failure) {
        out.println();
        out.println("FAILED");
        FailureMessage.of(failure).forEach(message -> out.println("  " + message));
        out.flush();
    }
}
