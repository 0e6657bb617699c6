// The tile's SRAM: 3072 words of 128 bits, one read and one write a cycle.
//
// Reading: read_i with an address in a cycle, rdata_o in the next; it holds until the next read. A read of the word
// that is written in the same cycle gives the old word. Writing: only the bytes whose write_be_i is set change.
// A word beyond the last is not written, and reads as zero in simulation.
//
// Two bodies do the same. The array is what synthesis and unit tests see. With TESSERA_HOST_MEMORY the words live
// in C++ (sim/host_memory.h), outside the model and allocated when first written, so that a million tiles fit.
// With TESSERA_MEMORY_READ_ONLY too, nothing is written: for a copy of a tile that runs beside it on its memories.

module memory_sram (
  input  logic         clk_i,
  input  logic         read_i,
  input  logic [11:0]  read_addr_i,
  output logic [127:0] rdata_o,
  input  logic         write_i,
  input  logic [11:0]  write_addr_i,
  input  logic [15:0]  write_be_i,
  input  logic [127:0] write_data_i
);

`ifdef TESSERA_HOST_MEMORY

  import "DPI-C" function chandle tessera_sram_open(input string scope);
  import "DPI-C" function void tessera_sram_read(
    input chandle memory, input int unsigned address, output bit [127:0] data);
  import "DPI-C" function void tessera_sram_write(
    input chandle memory, input int unsigned address, input int unsigned be, input bit [127:0] data);

  chandle memory;
  initial memory = tessera_sram_open($sformatf("%m"));

  bit [127:0] word;

  // One block, so that the read comes before the write.
  always_ff @(posedge clk_i) begin
    if (read_i) begin
      tessera_sram_read(memory, 32'(read_addr_i), word);
      rdata_o <= word;
    end
`ifndef TESSERA_MEMORY_READ_ONLY
    if (write_i) tessera_sram_write(memory, 32'(write_addr_i), 32'(write_be_i), write_data_i);
`endif
  end

`else

  logic [127:0] mem [tessera_pkg::SramWords];

  always_ff @(posedge clk_i) begin
    if (read_i) rdata_o <= mem[read_addr_i];
    if (write_i) begin
      for (int i = 0; i < 16; i++) begin
        if (write_be_i[i]) mem[write_addr_i][i*8 +: 8] <= write_data_i[i*8 +: 8];
      end
    end
  end

`endif

endmodule
