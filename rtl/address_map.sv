// The tile's one address map, and its two masters: control plane first, then the core.
//
// A master asks with req, we and a byte address; gnt comes in the same cycle, read data on rdata_o in the next and
// only there. The control plane accesses whole words. The core's be and wdata are in place: byte address % 4 is the
// lane, and the bytes of an aligned half or word follow it. Registers are always written whole. An access that is
// not aligned, or to where nothing is, is granted, does nothing, reads as zero and gives error_o for that cycle.
//
// SRAM, instruction memory and registers answer within the cycle; the control plane waits for the SRAM's grant only,
// the core also for a register that holds ready low. A core that waits for a register, or for the control plane to
// leave it the bus for one, is core_waiting_o.

module address_map (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         control_req_i,
  input  logic         control_we_i,
  input  logic [17:0]  control_addr_i,
  input  logic [31:0]  control_wdata_i,
  output logic         control_gnt_o,

  input  logic         core_req_i,
  input  logic         core_we_i,
  input  logic [17:0]  core_addr_i,
  input  logic [3:0]   core_be_i,
  input  logic [31:0]  core_wdata_i,
  output logic         core_gnt_o,

  output logic [31:0]  rdata_o,

  output logic         instruction_req_o,
  output logic         instruction_we_o,
  output logic [10:0]  instruction_addr_o,
  output logic [3:0]   instruction_be_o,
  output logic [31:0]  instruction_wdata_o,
  input  logic [31:0]  instruction_rdata_i,

  output logic         sram_read_o,
  input  logic         sram_read_gnt_i,
  output logic         sram_write_o,
  input  logic         sram_write_gnt_i,
  output logic [11:0]  sram_addr_o,
  output logic [15:0]  sram_be_o,
  output logic [31:0]  sram_wdata_o,
  input  logic [127:0] sram_rdata_i,

  output logic         reg_re_o,
  output logic         reg_we_o,
  output logic         reg_blocking_o,   // the access is the core's
  output logic [9:0]   reg_addr_o,
  output logic [31:0]  reg_wdata_o,
  input  logic [31:0]  reg_rdata_i,
  input  logic         reg_ready_i,

  output logic         core_waiting_o,
  output logic         error_o,
  output logic         busy_o
);

  localparam logic [4:0] InstructionPage = 5'(tessera_pkg::InstructionBase >> 13);  // of 8 KiB
  localparam logic [5:0] RegisterPage = 6'(tessera_pkg::RegisterBase >> 12);        // of 4 KiB

  // ---------------------------------------------------------------- whose access, and where to

  logic        req, we;
  logic [17:0] addr;
  logic [3:0]  be;
  logic [31:0] wdata;
  logic        aligned, sram, instruction, register;

  always_comb begin
    req = 1'b0;
    we = 1'b0;
    addr = '0;
    be = '0;
    wdata = '0;
    aligned = 1'b0;
    sram = 1'b0;
    instruction = 1'b0;
    register = 1'b0;
    sram_be_o = '0;
    reg_addr_o = '0;
    if (control_req_i | core_req_i) begin
      req = 1'b1;
      if (control_req_i) begin
        we = control_we_i;
        addr = control_addr_i;
        be = 4'b1111;
        wdata = control_wdata_i;
      end else begin
        we = core_we_i;
        addr = core_addr_i;
        be = core_be_i;
        wdata = core_wdata_i;
      end
      unique case (be)
        4'b1111: aligned = addr[1:0] == 2'b00;
        4'b1100: aligned = addr[1:0] == 2'b10;
        4'b0011: aligned = addr[1:0] == 2'b00;
        4'b1000: aligned = addr[1:0] == 2'b11;
        4'b0100: aligned = addr[1:0] == 2'b10;
        4'b0010: aligned = addr[1:0] == 2'b01;
        4'b0001: aligned = addr[1:0] == 2'b00;
        default: aligned = 1'b0;
      endcase
      sram = aligned & (addr < 18'(tessera_pkg::SramBytes));
      instruction = aligned & (addr[17:13] == InstructionPage);
      register = aligned & (addr[17:12] == RegisterPage);
      if (sram) sram_be_o = {12'b0, be} << {addr[3:2], 2'b00};
      if (register) reg_addr_o = addr[11:2];
    end
  end

  assign instruction_req_o = instruction;
  assign instruction_we_o = we;
  assign instruction_addr_o = addr[12:2];
  assign instruction_be_o = be;
  assign instruction_wdata_o = wdata;

  assign sram_read_o = sram & ~we;
  assign sram_write_o = sram & we;
  assign sram_addr_o = addr[15:4];
  assign sram_wdata_o = wdata;

  assign reg_re_o = register & ~we;
  assign reg_we_o = register & we;
  assign reg_blocking_o = ~control_req_i;
  assign reg_wdata_o = wdata;

  // ---------------------------------------------------------------- grants

  // control_gnt_o must not depend on reg_ready_i, which units may derive from what the control plane does.
  logic sram_granted;

  assign sram_granted = we ? sram_write_gnt_i : sram_read_gnt_i;
  assign control_gnt_o = control_req_i & (sram_granted | ~sram);
  assign core_gnt_o = core_req_i & ~control_req_i & (sram ? sram_granted : reg_ready_i | ~register);
  assign core_waiting_o = core_req_i & (core_addr_i[17:12] == RegisterPage) & ~core_gnt_o;

  assign error_o = req & ~(sram | instruction | register);
  assign busy_o = control_gnt_o | core_gnt_o;

  // ---------------------------------------------------------------- read data

  logic        sram_q, instruction_q;   // where the last read went; neither: to registers
  logic [1:0]  lane_q;
  logic [31:0] register_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sram_q <= 1'b0;
      instruction_q <= 1'b0;
      lane_q <= '0;
      register_q <= '0;
    end else if (busy_o & ~we) begin
      sram_q <= sram;
      instruction_q <= instruction;
      lane_q <= addr[3:2];
      register_q <= register ? reg_rdata_i : '0;
    end
  end

  always_comb begin
    if (sram_q) begin
      unique case (lane_q)
        2'd0:    rdata_o = sram_rdata_i[31:0];
        2'd1:    rdata_o = sram_rdata_i[63:32];
        2'd2:    rdata_o = sram_rdata_i[95:64];
        default: rdata_o = sram_rdata_i[127:96];
      endcase
    end else begin
      rdata_o = instruction_q ? instruction_rdata_i : register_q;
    end
  end

endmodule
