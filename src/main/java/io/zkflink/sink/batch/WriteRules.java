// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.Acl;
import org.apache.flink.annotation.Internal;

/**
 * How one row is written.
 *
 * @param skipConflicts whether a row whose znode has another version than it expects is left out, else it fails
 * @param skipUnchanged whether a znode that has the row's data already is not written, for a read of each
 * @param deleteChildren whether deleting a row deletes what is below its znode
 * @param acl of znodes that are created for rows
 * @param parentAcl of parents that are created on the way
 */
@Internal
public record WriteRules(
        boolean skipConflicts, boolean skipUnchanged, boolean deleteChildren, Acl acl, Acl parentAcl) {}
