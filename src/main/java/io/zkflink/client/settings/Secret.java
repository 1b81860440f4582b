// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import java.io.Serializable;
import org.apache.flink.annotation.PublicEvolving;

/** A password: equal to the same one, and never printed, whatever prints the settings that hold it. */
@PublicEvolving
public record Secret(String value) implements Serializable {

    @Override
    public String toString() {
        return "******";
    }
}
