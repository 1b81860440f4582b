// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The statements of a SQL script, split at semicolons. Flink's own splitter is private to its SQL client.
 *
 * <p>Semicolons in quotes, in comments and between {@code STATEMENT SET BEGIN} and its {@code END} do not split.
 * Comments are taken out (hints stay), but those above a statement are kept beside it.
 */
record SqlScript(List<Statement> statements) {

    /** Quoted text with a doubled quote in it is two tokens in a row, which is all the same here. */
    private static final Pattern TOKEN = Pattern.compile("(?<comment>--[^\\n]*|/\\*(?!\\+)(?s:.*?)\\*/)"
            + "|(?<quoted>'[^']*+'|`[^`]*+`|\"[^\"]*+\")"
            + "|(?<end>;)"
            + "|(?<word>\\w+)"
            + "|(?s:.)");

    private static final Pattern BLANK_LINE = Pattern.compile("^.*\\n\\s*\\n", Pattern.DOTALL);

    /**
     * One statement.
     *
     * @param line where it starts in the script, from 1
     * @param comment the comment lines directly above it, empty if there are none
     */
    record Statement(int line, String comment, String sql) {}

    static SqlScript parse(String text) {
        Splitter splitter = new Splitter();
        Matcher token = TOKEN.matcher(text);
        while (token.find()) {
            splitter.accept(token);
        }
        splitter.endStatement();
        return new SqlScript(List.copyOf(splitter.statements));
    }

    private static final class Splitter {
        private final List<Statement> statements = new ArrayList<>();
        private final StringBuilder comment = new StringBuilder();
        private final StringBuilder sql = new StringBuilder();
        private final StringBuilder words = new StringBuilder();
        private int line = 1;
        private int firstLine = 1;
        private boolean inSet;
        private int openCases;

        void accept(Matcher token) {
            if (token.group("comment") != null && !sql.isEmpty()) {
                // Not nothing: a comment separates words.
                sql.append(' ');
            } else if (token.group("comment") != null
                    || (sql.isEmpty() && token.group().isBlank())) {
                comment.append(token.group());
            } else if (token.group("end") != null && !inSet) {
                endStatement();
            } else {
                if (sql.isEmpty()) {
                    firstLine = line;
                }
                if (token.group("word") != null) {
                    word(token.group().toUpperCase(Locale.ROOT));
                }
                sql.append(token.group());
            }
            line += (int) token.group().chars().filter(c -> c == '\n').count();
        }

        private void word(String word) {
            words.append(word).append(' ');
            if (!inSet) {
                inSet = words.toString().endsWith("STATEMENT SET BEGIN ");
            } else if (word.equals("CASE")) {
                openCases++;
            } else if (word.equals("END") && openCases > 0) {
                openCases--;
            } else if (word.equals("END")) {
                inSet = false;
            }
        }

        void endStatement() {
            if (!sql.toString().isBlank()) {
                statements.add(new Statement(
                        firstLine,
                        directlyAbove(comment.toString()),
                        sql.toString().strip()));
            }
            comment.setLength(0);
            sql.setLength(0);
            words.setLength(0);
            inSet = false;
            openCases = 0;
        }

        /** What a blank line separates from the statement, like a licence, does not belong to it. */
        private static String directlyAbove(String comments) {
            Matcher blankLine = BLANK_LINE.matcher(comments.stripLeading());
            return blankLine.replaceFirst("").strip();
        }
    }
}
