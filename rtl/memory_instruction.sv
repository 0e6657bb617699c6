// The instruction memory's array: 2048 words of 32 bits, one access a cycle.
//
// Reading: rdata_o in the cycle after req_i without we_i; it holds until the next read. Writing: req_i and we_i, the
// bytes whose be_i is set. The two bodies are explained in memory_sram.sv.

module memory_instruction (
  input  logic        clk_i,
  input  logic        req_i,
  input  logic        we_i,
  input  logic [10:0] addr_i,
  input  logic [3:0]  be_i,
  input  logic [31:0] wdata_i,
  output logic [31:0] rdata_o
);

`ifdef TESSERA_HOST_MEMORY

  import "DPI-C" function chandle tessera_instruction_open(input string scope);
  import "DPI-C" function int unsigned tessera_instruction_read(input chandle memory, input int unsigned address);
  import "DPI-C" function void tessera_instruction_write(
    input chandle memory, input int unsigned address, input int unsigned be, input int unsigned data);

  chandle memory;
  initial memory = tessera_instruction_open($sformatf("%m"));

  always_ff @(posedge clk_i) begin
    if (req_i) begin
      if (!we_i) rdata_o <= tessera_instruction_read(memory, 32'(addr_i));
`ifndef TESSERA_MEMORY_READ_ONLY
      else tessera_instruction_write(memory, 32'(addr_i), 32'(be_i), wdata_i);
`endif
    end
  end

`else

  logic [31:0] mem [tessera_pkg::InstructionWords];

  always_ff @(posedge clk_i) begin
    if (req_i) begin
      if (we_i) begin
        for (int i = 0; i < 4; i++) begin
          if (be_i[i]) mem[addr_i][i*8 +: 8] <= wdata_i[i*8 +: 8];
        end
      end else begin
        rdata_o <= mem[addr_i];
      end
    end
  end

`endif

endmodule
