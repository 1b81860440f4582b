// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

/** What happened to a znode, as the {@code event-type} column of an append-mode scan says it. */
public enum EventType {
    CREATED,
    CHANGED,
    DELETED
}
