// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.io.Serializable;

/** A password: equal to the same one, and never printed, whatever prints the settings that hold it. */
public record Secret(String value) implements Serializable {

    @Override
    public String toString() {
        return "******";
    }
}
