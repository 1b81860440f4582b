// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.flink.annotation.PublicEvolving;

/**
 * A setting that breaks a rule. The message names the SQL option that sets the same, the value, the rule and the way
 * out.
 */
@PublicEvolving
public final class InvalidSettingException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String option;
    private final transient Object value;
    private final String rule;

    /**
     * @param option that sets it in SQL
     * @param value null if it is not to be told
     * @param rule that it breaks, and the way out
     */
    public InvalidSettingException(String option, Object value, String rule) {
        super(message(option, value, rule));
        this.option = option;
        this.value = value;
        this.rule = rule;
    }

    private static String message(String option, Object value, String rule) {
        String what = value == null ? "Invalid option '" : "Invalid value '" + value + "' for option '";
        return what + option + "': " + rule;
    }

    public String option() {
        return option;
    }

    /** The message for those who wrote the value otherwise than we print it. */
    public String messageFor(String written) {
        return message(option, value == null || written == null ? value : written, rule);
    }

    /** Refuses durations that are no wait: shorter than a millisecond, or longer than timers count. */
    public static void checkDuration(String option, Duration value) {
        checkDuration(option, value, 1);
    }

    /** As {@link #checkDuration(String, Duration)}, with another minimum. */
    public static void checkDuration(String option, Duration value, long minMillis) {
        if (value.compareTo(Duration.ofMillis(minMillis)) < 0
                || value.compareTo(Duration.ofMillis(Integer.MAX_VALUE)) > 0) {
            throw new InvalidSettingException(
                    option, value, "it must be between " + minMillis + " ms and 24 d; write it like '15 s'.");
        }
    }

    public static void checkAtLeast(int min, String option, int value) {
        if (value < min) {
            throw new InvalidSettingException(option, value, "it must be at least " + min + ".");
        }
    }

    /**
     * Holds a value against a rule.
     *
     * @param rule throws an {@link IllegalArgumentException} that says what is wrong as the end of a sentence
     */
    public static void check(String option, String value, Consumer<String> rule, String wayOut) {
        try {
            rule.accept(value);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(option, value, e.getMessage() + "; " + wayOut + ".");
        }
    }
}
