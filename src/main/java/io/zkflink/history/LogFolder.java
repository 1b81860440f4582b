// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.Util;

/**
 * The folder in which one server keeps its transaction logs and snapshots, or a copy of it.
 *
 * @param path the folder, {@code version-2} or the one above it
 */
@Internal
public record LogFolder(Path path) {

    private static final String VERSION_2 = "version-2";
    /** Other files are what copying programs and administrators leave. */
    private static final Pattern LOG = Pattern.compile("log\\.[0-9a-f]{1,16}");

    private static final Pattern SNAPSHOT = Pattern.compile("snapshot\\.[0-9a-f]{1,16}(\\.gz|\\.snappy)?");

    /**
     * A file whose name says at which transaction it begins.
     *
     * @param zxid of a log the first one in it; of a snapshot the last one that is surely part of it
     * @param modified milliseconds since the epoch
     */
    public record File(Path path, long zxid, long modified) {}

    static LogFolder of(String path) {
        return new LogFolder(new Path(path));
    }

    /** The same for all ways to name a folder. */
    Path root() {
        try {
            Path qualified = path.makeQualified(path.getFileSystem());
            return qualified.getName().equals(VERSION_2) ? qualified.getParent() : qualified;
        } catch (IOException e) {
            // Told when the folder is listed.
            return path;
        }
    }

    /** The transaction logs, oldest first. */
    List<File> logs() throws IOException {
        return files(LOG, FileTxnLog.LOG_FILE_PREFIX);
    }

    /** The snapshots, oldest first. */
    public List<File> snapshots() throws IOException {
        return files(SNAPSHOT, FileSnap.SNAPSHOT_FILE_PREFIX);
    }

    boolean contains(Path file) {
        return file.getPath().startsWith(path.getPath() + Path.SEPARATOR);
    }

    private List<File> files(Pattern names, String prefix) throws IOException {
        List<File> files = new ArrayList<>();
        for (FileStatus status : list()) {
            String name = status.getPath().getName();
            boolean isOne = !status.isDir() && names.matcher(name).matches();
            long zxid = isOne ? Util.getZxidFromName(name, prefix) : -1;
            if (zxid >= 0) {
                files.add(new File(status.getPath(), zxid, status.getModificationTime()));
            }
        }
        files.sort(Comparator.comparingLong(File::zxid));
        return files;
    }

    private FileStatus[] list() throws IOException {
        FileSystem system = path.getFileSystem();
        Path inner = new Path(path, VERSION_2);
        try {
            FileStatus[] files = system.listStatus(system.exists(inner) ? inner : path);
            if (files != null) {
                return files;
            }
        } catch (FileNotFoundException e) {
            throw notThere(e);
        }
        throw notThere(null);
    }

    private IOException notThere(Throwable cause) {
        FileNotFoundException error =
                new FileNotFoundException("The folder '" + path + "' of 'log.path' does not exist."
                        + " Name the folder that holds the server's files log.* and snapshot.*, which is version-2 in its"
                        + " dataLogDir and dataDir.");
        error.initCause(cause);
        return error;
    }
}
