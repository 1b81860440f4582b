// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import org.apache.flink.annotation.PublicEvolving;

/** What happened to a znode, as the {@code event-type} column of an append-mode scan says it. */
@PublicEvolving
public enum EventType {
    CREATED,
    CHANGED,
    DELETED
}
