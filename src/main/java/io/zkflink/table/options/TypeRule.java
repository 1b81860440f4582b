// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;

/** What the type of an option demands of its value, to be told who wrote another one. */
final class TypeRule {

    private static final String ENUM_VALUES = "Expected one of:";

    private TypeRule() {}

    /** Flink says the values of an enumeration only in the innermost cause. */
    static String of(ConfigOption<?> option, Throwable error) {
        if (ZooKeeperOptions.isDuration(option)) {
            return "it must be a duration like '15 s'.";
        }
        if (option.defaultValue() instanceof MemorySize) {
            return "it must be a size like '1 mb'.";
        }
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage());
        if (message.contains("boolean")) {
            return "it must be 'true' or 'false'.";
        }
        int values = message.indexOf(ENUM_VALUES);
        if (values < 0) {
            return "it must be a whole number.";
        }
        return "it must be one of '"
                + message.substring(values + ENUM_VALUES.length())
                        .replaceAll("[\\[\\]]", "")
                        .strip()
                        .replace(", ", "', '")
                + "'.";
    }
}
