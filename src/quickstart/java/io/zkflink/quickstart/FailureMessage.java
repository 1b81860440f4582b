// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What a chain of causes says, without saying it twice and without the sentences that say nothing. */
final class FailureMessage {

    private static final int LONGEST = 700;
    private static final int DEEPEST = 30;

    private static final Pattern CLASS_NAMES = Pattern.compile("^(?:(?:\\w+\\.)+[\\w$]+(?:: |$))+");
    private static final Pattern SPACE = Pattern.compile("\\s+");
    /** Flink repeats the WITH clause, which stands in the script. */
    private static final Pattern REPEATED_OPTIONS = Pattern.compile("\\s*Table options are:.*", Pattern.DOTALL);

    private static final List<String> SAYING_NOTHING = List.of(
            "Failed to fetch next result",
            "Failed to fetch job execution result",
            "Job execution failed.",
            "Recovery is suppressed by NoRestartBackoffTimeStrategy",
            "Failed to execute sql",
            "One or more fetchers have encountered exception");

    private FailureMessage() {}

    static List<String> of(Throwable failure) {
        List<String> messages = new ArrayList<>();
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            // Without a message, the innermost cause at least has a name.
            boolean nameless = cause.getMessage() == null && cause.getCause() == null;
            add(messages, nameless ? cause.getClass().getSimpleName() : clean(cause.getMessage()));
            cause = cause.getCause();
        }
        return messages;
    }

    private static void add(List<String> messages, String message) {
        if (message.isEmpty() || SAYING_NOTHING.contains(message)) {
            return;
        }
        // A cause is often quoted by what it caused: the longer one says both.
        if (messages.stream().noneMatch(earlier -> earlier.contains(message))) {
            messages.removeIf(message::contains);
            messages.add(message);
        }
    }

    private static String clean(String message) {
        if (message == null) {
            return "";
        }
        String text = REPEATED_OPTIONS.matcher(message).replaceAll("");
        text = SPACE.matcher(text).replaceAll(" ").strip();
        text = CLASS_NAMES.matcher(text).replaceFirst("");
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + " ...";
    }
}
