/* Java's Avro on files of the program: reads each whole and in pieces as Hadoop's record reader does, and writes one anew.
 *
 *   Pieces read SIZE FILE...             for each file: records whole, records in pieces of SIZE bytes, whether they are the same
 *   Pieces write CODEC FROM TO           the same records, in order, packed by CODEC
 */
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;

public class Pieces {
    /* From memory: sync reads byte by byte, and from a file each of them is a call of the system. */
    static DataFileReader<GenericRecord> open(String path) throws IOException {
        return new DataFileReader<>(new SeekableByteArrayInput(Files.readAllBytes(Path.of(path))), new GenericDatumReader<GenericRecord>());
    }

    static List<GenericRecord> whole(String path) throws IOException {
        List<GenericRecord> records = new ArrayList<>();
        try (DataFileReader<GenericRecord> reader = open(path)) {
            while (reader.hasNext()) records.add(reader.next());
        }
        return records;
    }

    static List<GenericRecord> pieces(String path, long size) throws IOException {
        List<GenericRecord> records = new ArrayList<>();
        long length = new File(path).length();
        try (DataFileReader<GenericRecord> reader = open(path)) {
            for (long begin = 0; begin < length; begin += size) {
                reader.sync(begin);
                while (reader.hasNext() && !reader.pastSync(Math.min(begin + size, length))) records.add(reader.next());
            }
        }
        return records;
    }

    static void write(String codec, String from, String to) throws IOException {
        try (DataFileReader<GenericRecord> reader = open(from);
             DataFileWriter<GenericRecord> writer = new DataFileWriter<>(new GenericDatumWriter<GenericRecord>())) {
            writer.setCodec(CodecFactory.fromString(codec));
            writer.create(reader.getSchema(), new File(to));
            while (reader.hasNext()) writer.append(reader.next());
        }
    }

    public static void main(String[] words) throws IOException {
        if (words[0].equals("write")) {
            write(words[1], words[2], words[3]);
            return;
        }
        for (int i = 2; i < words.length; i++) {
            List<GenericRecord> whole = whole(words[i]);
            List<GenericRecord> pieces = pieces(words[i], Long.parseLong(words[1]));
            System.out.println(whole.size() + " " + pieces.size() + " " + (whole.equals(pieces) ? "same" : "other") + " " + words[i]);
        }
    }
}
