/* Java's Avro on files of the program: each read whole and in pieces, as Hadoop does; one written.
 *
 *   Pieces read SIZE FILE...             for each: whole, in pieces of SIZE bytes, whether they agree
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
        byte[] bytes = Files.readAllBytes(Path.of(path));
        GenericDatumReader<GenericRecord> datums = new GenericDatumReader<>();
        return new DataFileReader<>(new SeekableByteArrayInput(bytes), datums);
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
                long end = Math.min(begin + size, length);
                while (reader.hasNext() && !reader.pastSync(end)) records.add(reader.next());
            }
        }
        return records;
    }

    static void write(String codec, String from, String to) throws IOException {
        GenericDatumWriter<GenericRecord> datums = new GenericDatumWriter<>();
        try (DataFileReader<GenericRecord> reader = open(from);
             DataFileWriter<GenericRecord> writer = new DataFileWriter<>(datums)) {
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
            String same = whole.equals(pieces) ? "same" : "other";
            System.out.println(whole.size() + " " + pieces.size() + " " + same + " " + words[i]);
        }
    }
}
