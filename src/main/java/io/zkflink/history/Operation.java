// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import org.apache.flink.annotation.Internal;

/**
 * What a transaction did to one znode.
 *
 * @param ordinal its place in the transaction, from 0; operations of a {@code multi} that change nothing take a place,
 *     too
 * @param path absolute, without chroot
 * @param data what was written; null if the operation writes none, or wrote null
 * @param version of the data after it, for {@link Kind#CREATE} and {@link Kind#SET}; of the ACL for
 *     {@link Kind#SET_ACL}; else 0
 * @param owner the session of a created ephemeral znode, else 0
 * @param createMode of a created znode, else null
 * @param parentCversion of a created znode, how many children its parent had ever had with it; -1 if not known
 * @param acl of {@link Kind#CREATE} and {@link Kind#SET_ACL} as {@code scheme:id:permissions[,...]}, else null
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
@Internal
public record Operation(
        Kind kind,
        int ordinal,
        String path,
        byte[] data,
        int version,
        long owner,
        CreatedAs createMode,
        int parentCversion,
        String acl) {

    public enum Kind {
        CREATE,
        SET,
        DELETE,
        SET_ACL
    }

    public enum CreatedAs {
        PERSISTENT("persistent"),
        EPHEMERAL("ephemeral"),
        CONTAINER("container"),
        PERSISTENT_WITH_TTL("persistent-with-ttl");

        private final String text;

        CreatedAs(String text) {
            this.text = text;
        }

        /** As {@code sink.create-mode} spells it. */
        @Override
        public String toString() {
            return text;
        }
    }

    static Operation created(
            int ordinal, String path, byte[] data, long owner, CreatedAs createMode, int parentCversion, String acl) {
        return new Operation(Kind.CREATE, ordinal, path, data, 0, owner, createMode, parentCversion, acl);
    }

    static Operation set(int ordinal, String path, byte[] data, int version) {
        return new Operation(Kind.SET, ordinal, path, data, version, 0, null, -1, null);
    }

    static Operation deleted(int ordinal, String path) {
        return new Operation(Kind.DELETE, ordinal, path, null, 0, 0, null, -1, null);
    }

    static Operation setAcl(int ordinal, String path, String acl, int version) {
        return new Operation(Kind.SET_ACL, ordinal, path, null, version, 0, null, -1, acl);
    }
}
