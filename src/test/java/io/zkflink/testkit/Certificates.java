// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Keys, certificates and stores of them, made afresh so that none is ever out of date. Each name stands for a key with
 * a certificate that it has signed itself, for {@code localhost}. The files live until {@link #close}.
 */
public final class Certificates implements AutoCloseable {

    private final Path directory;
    private final String password;

    /** @param password of all stores and keys */
    public Certificates(String password) {
        this.password = password;
        try {
            directory = Files.createTempDirectory("certificates-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String password() {
        return password;
    }

    /** A PKCS12 store with the key and the certificate of this name, for this host. */
    public Path keyStore(String name) {
        return keyStore(name, "DNS:localhost,IP:127.0.0.1");
    }

    /** A PKCS12 store with the key and the certificate of this name, for other hosts. */
    public Path keyStore(String name, String hosts) {
        Path file = directory.resolve(name + ".p12");
        if (!Files.exists(file)) {
            keytool(
                    "-genkeypair",
                    "-keystore",
                    file.toString(),
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    password,
                    "-alias",
                    name,
                    "-dname",
                    "CN=" + name,
                    "-keyalg",
                    "EC",
                    "-validity",
                    "2",
                    "-ext",
                    "SAN=" + hosts);
        }
        return file;
    }

    /** A PKCS12 store with the certificates of these names. */
    public Path trustStore(String... names) {
        Path file = directory.resolve("trusts-" + String.join("-", names) + ".p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (String name : names) {
                store.setCertificateEntry(name, certificate(name));
            }
            store.store(out, password.toCharArray());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        return file;
    }

    /** A PEM file with the certificate of this name. */
    public Path pem(String name) {
        try {
            String encoded = Base64.getMimeEncoder(64, new byte[] {'\n'})
                    .encodeToString(certificate(name).getEncoded());
            return Files.writeString(
                    directory.resolve(name + ".pem"),
                    "-----BEGIN CERTIFICATE-----\n" + encoded + "\n-----END CERTIFICATE-----\n");
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Certificate certificate(String name) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(keyStore(name))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password.toCharArray());
            return store.getCertificate(name);
        }
    }

    private static void keytool(String... arguments) {
        try {
            String[] command = Stream.concat(
                            Stream.of(Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString()),
                            Stream.of(arguments))
                    .toArray(String[]::new);
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(Await.TIMEOUT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("keytool failed: " + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
